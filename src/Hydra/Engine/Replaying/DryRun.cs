using Hydra.Engine.Replay;
using Hydra.Storage;

namespace Hydra.Engine.Replaying;

/// <summary>
/// A run from a step on over recorded values: what stands before the step is replayed, and what stands behind it is
/// given again wherever the code makes the same call with the same input.
/// </summary>
internal sealed class DryRun
{
    private readonly List<JournalEntry> _behind;
    private readonly HashSet<long> _taken = [];
    private readonly string? _given; // The key of the step whose outcome is given, whatever its input.

    private DryRun(Journal kept, List<JournalEntry> behind, string? given)
    {
        Kept = kept;
        _behind = behind;
        _given = given;
    }

    /// <summary>The journal with what stands before the step.</summary>
    public Journal Kept { get; }

    /// <summary>What stands behind, in its order, and whether the code was given it.</summary>
    public IEnumerable<(JournalEntry Entry, bool IsTaken)> Behind =>
        _behind.Select(entry => (entry, _taken.Contains(entry.Seq)));

    /// <summary>Plans a dry run of what is recorded.</summary>
    /// <exception cref="ArgumentException">There is no outcome of the step.</exception>
    public static DryRun Of(Journal recorded, ReplayOptions options)
    {
        var outcomes = recorded.Outcomes.ToList();
        var at = 0;
        if (options.FromStep is { } step)
        {
            at = outcomes.FindIndex(outcome => outcome.Kind == EntryKind.Step && outcome.Key == step);
            if (at < 0)
            {
                var keys = outcomes.Where(static outcome => outcome.Kind == EntryKind.Step)
                    .Select(static outcome => $"'{outcome.Key}'");
                throw new ArgumentException(
                    $"No outcome of a step '{step}' counts. There are {string.Join(", ", keys)}.");
            }
        }

        var input = recorded.Input with { Input = options.WorkflowInput ?? recorded.Input.Input };
        var kept = outcomes.Take(at).Select(static (outcome, i) => outcome with { Seq = i + 1, OriginSeq = 0 });
        var behind = outcomes.Skip(at).ToList();
        if (options.FromStep is not null)
        {
            behind[0] = behind[0] with
            {
                Output = options.StepOutput ?? behind[0].Output,
                Failed = options.StepOutput is null && behind[0].Failed,
            };
        }

        return new DryRun(new Journal([input, .. kept]), behind, options.FromStep)
        {
            IsGiven = options.StepOutput is not null,
        };
    }

    /// <summary>Plans what a fork would do over what is recorded behind its step.</summary>
    /// <param name="recorded">What is recorded of the source.</param>
    /// <param name="fork">The start of the fork, which is not made.</param>
    /// <param name="step">The key of the step, which would run anew or is given its outcome by the start.</param>
    public static DryRun OfFork(Journal recorded, StartOperation fork, string step)
    {
        var kept = new Journal([fork.Input, .. fork.Prefix]);
        var isGiven = fork.Prefix[^1].Kind == EntryKind.Step;
        var behind = recorded.Outcomes.Skip(kept.Fork!.Position)
            .Where(outcome => !(isGiven && outcome.Kind == EntryKind.Step && outcome.Key == step));
        return new DryRun(kept, [.. behind], step) { Fork = fork };
    }

    /// <summary>The start of a fork; null in a dry run that is of none.</summary>
    public StartOperation? Fork { get; private init; }

    private bool IsGiven { get; init; }

    /// <summary>Takes the first outcome that answers an outstanding call; null when there is none.</summary>
    public JournalEntry? TakeNext(CallTable calls)
    {
        var next = _behind.Find(outcome =>
            outcome.Kind is EntryKind.Step or EntryKind.Sleep
            && !_taken.Contains(outcome.Seq)
            && calls.Find(outcome.Key) is { } call
            && call.Kind == outcome.Kind
            && (outcome.Key == _given ? IsGiven : call.HasSameInput(outcome.Input)));
        if (next is not null)
        {
            _taken.Add(next.Seq);
        }

        return next;
    }
}

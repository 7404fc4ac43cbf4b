using Hydra.Storage;

namespace Hydra.Engine.Replay;

/// <summary>What a fork begins with: everything that its source's code had been told before a step's outcome.</summary>
/// <remarks>
/// Pure, like the journal that it folds. Outcomes keep their times, positions and workers and get new seqs and epoch 0,
/// which no owner has; what earlier attempts had left behind, or set aside, is not in it. A marker follows that says
/// where the fork begins. So what was copied is replayed like any journal, with the same comparison.
/// </remarks>
/// <param name="Prefix">The entries behind the input.</param>
/// <param name="Seq">The seq of the step's outcome in the source; 0 when it has none.</param>
internal sealed record ForkPlan(IReadOnlyList<JournalEntry> Prefix, long Seq)
{
    /// <summary>Makes the plan.</summary>
    /// <param name="source">What is recorded of the source.</param>
    /// <param name="step">The key of the step.</param>
    /// <param name="input">What its body is given instead; none for what the code gives it.</param>
    /// <param name="output">Its outcome; null to run it anew.</param>
    /// <exception cref="ArgumentException">The source cannot be forked there; the message says why.</exception>
    public static ForkPlan Make(ExecutionDetails source, string step, Payload input, Payload? output)
    {
        var journal = new Journal(source.Journal);
        if (journal.Unknown is not null)
        {
            throw new ArgumentException(
                $"The journal of execution {source.Row.Id} has entries of a newer version, which alone can fork it.");
        }

        var outcome = journal.Outcomes.FirstOrDefault(one => IsOf(one, step))
            ?? source.Journal.LastOrDefault(one => IsOf(one, step)); // Set aside by an attempt that failed.
        var tries = source.Tries.Where(one => one.Key == step).ToList();
        if (outcome is null && tries.Count == 0)
        {
            throw new ArgumentException(
                $"Execution {source.Row.Id} has begun no step '{step}'. {Offer(source)}");
        }

        if (!input.IsNone && (outcome?.Input ?? tries[0].Input).IsNone)
        {
            throw new ArgumentException($"Step '{step}' takes no input, so it cannot be given another one.");
        }

        var kept = Kept(journal, step, outcome is null ? tries.Min(static one => one.StartedAt) : null);
        var entries = GivenBefore(journal, source.Journal, step, kept);
        entries.AddRange(kept);
        var began = journal.Fork?.StartedAt ?? source.Row.StartedAt ?? source.Row.CreatedAt;
        entries.Add(new JournalEntry
        {
            Seq = 0,
            Kind = EntryKind.Forked,
            Key = step,
            Position = kept.Count,
            Input = input.IsNone ? journal.GivenInput(step) : input,
            At = output is not null && outcome is not null ? outcome.At : kept is [.., var last] ? last.At : began,
            StartedAt = began,
            Epoch = 0,
        });
        if (output is { } given)
        {
            entries.Add(Give(given, outcome, step, kept.Count));
        }

        return new ForkPlan(
            [.. entries.Select(static (entry, i) => entry with { Seq = i + 1, Epoch = 0, OriginSeq = 0 })],
            outcome?.Seq ?? 0);
    }

    private static bool IsOf(JournalEntry entry, string step) => entry.Kind == EntryKind.Step && entry.Key == step;

    /// <summary>
    /// The outcomes before that of the step; of one that has none and was cut off by the end of the execution, those
    /// before that end.
    /// </summary>
    private static List<JournalEntry> Kept(Journal journal, string step, Instant? begunAt) =>
    [
        .. journal.Outcomes.TakeWhile(one => !IsOf(one, step)
            && !(one.Kind is EntryKind.Cancellation or EntryKind.Timeout && begunAt <= one.At)),
    ];

    /// <summary>Where the source is a fork itself: the inputs that were given to steps that are kept.</summary>
    private static List<JournalEntry> GivenBefore(
        Journal journal, IReadOnlyList<JournalEntry> entries, string step, List<JournalEntry> kept) =>
    [
        .. entries.Where(entry => entry.Kind == EntryKind.Forked && !entry.Input.IsNone && entry.Key != step
            && entry.Input == journal.GivenInput(entry.Key) && kept.Exists(one => IsOf(one, entry.Key))),
    ];

    private static JournalEntry Give(Payload output, JournalEntry? outcome, string step, int kept)
    {
        if (outcome is null || outcome.Position > kept)
        {
            throw new ArgumentException(
                $"Step '{step}' can only be given an outcome where it has one that counts. Fork from it without, or "
                + "from an earlier step.");
        }

        return outcome with { Output = output, Failed = false, Worker = "", StartedAt = outcome.At };
    }

    private static string Offer(ExecutionDetails source)
    {
        var keys = source.Journal.Where(static one => one.Kind == EntryKind.Step).Select(static one => one.Key)
            .Concat(source.Tries.Select(static one => one.Key)).Distinct().Take(20).ToList();
        return keys.Count == 0 ? "It has begun none." : $"It has {string.Join(", ", keys.Select(key => $"'{key}'"))}.";
    }
}

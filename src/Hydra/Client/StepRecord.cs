using Hydra.Engine;
using Hydra.Storage;

namespace Hydra;

/// <summary>One try at a step as people see it, whether the journal has it or only the table of tries.</summary>
/// <remarks>
/// A try is known by step key, attempt and epoch: one that was cut off by a crash has the same number again under a
/// later epoch. A result that is delivered again is no try of its own; it stands in the timeline.
/// </remarks>
internal sealed record StepRecord
{
    public required string Key { get; init; }

    /// <summary>The place of its outcome in the journal; null when it has none.</summary>
    public long? Seq { get; init; }

    public required int Attempt { get; init; }

    public required int ExecutionAttempt { get; init; }

    public required long Epoch { get; init; }

    /// <summary>Completed, failed, abandoned, running, or interrupted: its process died or handed it back.</summary>
    public required string State { get; init; }

    /// <summary>Whether a later attempt of the execution set its outcome aside.</summary>
    public bool Superseded { get; init; }

    /// <summary>In a fork: copied from its source, or given by who made it; null for what was run here.</summary>
    public string? Origin { get; init; }

    public Payload Input { get; init; }

    public Payload Output { get; init; }

    public Payload Failure { get; init; }

    public Instant StartedAt { get; init; }

    public Instant? FinishedAt { get; init; }

    public string Worker { get; init; } = "";

    /// <summary>Gives the tries of all steps in the order in which their bodies began.</summary>
    public static IReadOnlyList<StepRecord> Collect(ExecutionDetails details)
    {
        var outcomes = details.Journal.Where(entry => entry is { Kind: EntryKind.Step, OriginSeq: 0 }).ToList();
        var ended = outcomes.Select(entry => (entry.Key, entry.Attempt, entry.Epoch))
            .Concat(details.Tries.Where(one => !one.Phase.SaysBegun()).Select(Identity))
            .ToHashSet();
        var completed = outcomes.Where(entry => !entry.Failed).Select(entry => entry.Key).ToHashSet();
        var superseded = SupersededSeqs(details.Journal);
        var given = details.Journal.LastOrDefault(entry => entry.Kind == EntryKind.Forked)?.Seq + 1;
        var begins = details.Journal
            .Where(entry => entry is { Kind: EntryKind.AttemptStarted, Epoch: > 0 }) // Not those of a fork's source.
            .ToList();
        return outcomes
            .Select(entry => FromJournal(
                entry, begins.LastOrDefault(begin => begin.Seq < entry.Seq)?.Attempt ?? 1, superseded) with
            {
                // Before the first owner nobody writes, so what is of epoch 0 came with the start.
                Origin = entry.Epoch > 0 ? null : entry.Seq == given ? "given" : "copied",
            })
            .Concat(details.Tries
                .Where(one => one.Phase != TryPhase.NotBegun)
                .Where(one => !one.Phase.SaysBegun() || !ended.Contains(Identity(one)))
                .Where(one => one.Phase != TryPhase.Landed || (one.IsResult() && !completed.Contains(one.Key)))
                .Select(one => FromTry(one, details.Row)))
            .OrderBy(step => step.StartedAt)
            .ThenBy(step => step.Attempt)
            .ToList();
    }

    private static (string Key, int Attempt, long Epoch) Identity(StepTry one) => (one.Key, one.Attempt, one.Epoch);

    /// <summary>What failed attempts carried away, back to where a result that was delivered again came from.</summary>
    private static HashSet<long> SupersededSeqs(IReadOnlyList<JournalEntry> journal)
    {
        var origins = journal.Where(entry => entry.IsRedelivered)
            .ToDictionary(entry => entry.Seq, entry => entry.OriginSeq);
        var superseded = new HashSet<long>();
        foreach (var entry in journal.Where(entry => entry.Kind == EntryKind.AttemptFailed))
        {
            foreach (var carried in EngineJson.TryReadAttemptEnd(entry.Input)?.Carried ?? [])
            {
                for (var seq = carried; superseded.Add(seq) && origins.TryGetValue(seq, out var origin); seq = origin)
                {
                }
            }
        }

        return superseded;
    }

    private static StepRecord FromJournal(JournalEntry entry, int executionAttempt, HashSet<long> superseded) => new()
    {
        Key = entry.Key,
        Seq = entry.Seq,
        Attempt = entry.Attempt,
        ExecutionAttempt = executionAttempt,
        Epoch = entry.Epoch,
        State = entry.Failed ? "failed" : "completed",
        Superseded = superseded.Contains(entry.Seq),
        Input = entry.Input,
        Output = entry.Failed ? default : entry.Output,
        Failure = entry.Failed ? entry.Output : default,
        StartedAt = entry.StartedAt,
        FinishedAt = entry.At,
        Worker = entry.Worker,
    };

    private static StepRecord FromTry(StepTry one, ExecutionRow row) => new()
    {
        Key = one.Key,
        Attempt = one.Attempt,
        ExecutionAttempt = one.ExecutionAttempt,
        Epoch = one.Epoch,
        State = one.Phase switch
        {
            TryPhase.Failed => "failed",
            TryPhase.Abandoned => "abandoned",
            TryPhase.Landed => "completed",
            _ => row.State == ExecutionState.Running && row.Epoch == one.Epoch ? "running" : "interrupted",
        },
        Input = one.Input,
        Output = one.Output,
        Failure = one.Failure,
        StartedAt = one.StartedAt,
        FinishedAt = one.EndedAt,
        Worker = one.Worker,
    };
}

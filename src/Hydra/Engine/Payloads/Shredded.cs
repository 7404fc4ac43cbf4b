using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>How executions end whose subject's key was destroyed.</summary>
internal static class Shredded
{
    public static Failure Failure { get; } = new(
        "Hydra.SubjectShredded",
        "The key of the subject whose data this execution has was destroyed: nobody reads that data any more, and the "
        + "execution cannot go on.",
        NonRetryable: true);

    /// <summary>The same as it is stored, in plain.</summary>
    public static Payload Payload { get; } = EngineJson.Write(Failure);

    /// <summary>Ends an execution of which nothing can be read, before any of its code runs.</summary>
    public static AdvanceOperation End(
        ExecutionRow row, IReadOnlyList<JournalEntry> entries, Instant now, string worker)
    {
        var last = entries[^1];
        var at = Instant.Max(now, last.At);
        return new AdvanceOperation
        {
            Id = row.Id,
            Epoch = row.Epoch,
            Entries =
            [
                new JournalEntry
                {
                    Seq = last.Seq + 1,
                    Kind = EntryKind.Terminal,
                    Failed = true,
                    Output = Payload,
                    At = at,
                    StartedAt = at,
                    Attempt = row.Attempt,
                    Epoch = row.Epoch,
                    Worker = worker,
                },
            ],
            Settlement = new Settlement.Finished(ExecutionState.Failed) { LastSeq = last.Seq + 1 },
        };
    }
}

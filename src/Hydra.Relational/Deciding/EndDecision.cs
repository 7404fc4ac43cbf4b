namespace Hydra.Relational.Deciding;

/// <summary>Ends executions from outside their code, in the name of a client or of the clock.</summary>
/// <remarks>
/// Under an epoch of its own: whoever owns the execution, or did, is fenced and takes the terminal entry for none of
/// its own.
/// </remarks>
internal static class EndDecision
{
    public static void End(
        ExecutionImage execution, ExecutionState state, Payload failure, TransactionImage image)
    {
        var row = execution.Now.Row with { Owner = SessionId.None, Epoch = execution.Now.Row.Epoch + 1 };
        var at = Instant.Max(image.Now, execution.Tail.LastAt); // The clock may have gone back.
        var terminal = new JournalEntry
        {
            Seq = execution.Tail.LastSeq + 1,
            Kind = EntryKind.Terminal,
            Failed = true,
            Output = failure,
            At = at,
            StartedAt = at,
            Attempt = row.Attempt,
            Epoch = row.Epoch,
        };
        execution.Tail.Note(terminal.Seq, terminal.Epoch, at);
        image.Writes.Entries.Add((row.Id, terminal));
        execution.End = new ExecutionEnd(terminal.Failed, terminal.Worker, failure);
        execution.Become(execution.Now with
        {
            Row = row with
            {
                State = state,
                FinishedAt = image.Now,
                LastSeq = terminal.Seq,
                Requests = ExecutionRequests.None,
                BlockedReason = BlockedReason.None,
            },
            BackingOff = false,
        });
    }
}

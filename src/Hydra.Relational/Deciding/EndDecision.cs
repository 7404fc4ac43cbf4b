namespace Hydra.Relational.Deciding;

/// <summary>Ends executions that nobody owns, in the name of a client or of the clock.</summary>
internal static class EndDecision
{
    public static void End(
        ExecutionImage execution, ExecutionState state, Payload failure, TransactionImage image) =>
        End(execution, execution.Now.Row, state, failure, image);

    /// <summary>Ends whatever an execution does; its owner is fenced from then on.</summary>
    public static void Terminate(ExecutionImage execution, Payload failure, TransactionImage image)
    {
        var row = execution.Now.Row with { Owner = SessionId.None, Epoch = execution.Now.Row.Epoch + 1 };
        End(execution, row, ExecutionState.Cancelled, failure, image);
    }

    private static void End(
        ExecutionImage execution, ExecutionRow row, ExecutionState state, Payload failure, TransactionImage image)
    {
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

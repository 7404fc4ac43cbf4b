namespace Hydra.Testing;

/// <summary>What must hold behind calls that were made at once, whatever they have passed over.</summary>
internal sealed class CrowdCheck(IWorkflowStore store)
{
    private readonly ModelScan _scan = new(store);
    private readonly HashSet<(ExecutionId, long)> _claimed = [];
    private readonly HashSet<ExecutionId> _timedOut = [];

    private static CancellationToken Token => CaseContext.Token;

    /// <summary>Takes down what the rows do not tell.</summary>
    public void Note(StoreOperation operation, OperationAnswer answer) => _scan.Note(operation, answer);

    public async Task<Dictionary<ExecutionId, ExecutionRow>> RowsAsync() =>
        (await store.Queries.ListAsync(new ExecutionFilter { Limit = 1000 }, Token)).ToDictionary(row => row.Id);

    public async Task<ClaimAnswer> ClaimAsync(IWorkflowStore by, ClaimRequest request, Instant now)
    {
        var expected = await _scan.ExpectAsync(request, now);
        var answer = await by.ClaimAsync(request, Token);
        expected.CompareUnordered(answer);
        Note(answer);
        return answer;
    }

    public async Task MaintainAsync(IWorkflowStore by, MaintenanceRequest request, Instant now)
    {
        var expected = await _scan.ExpectAsync(request, now);
        var answer = await by.MaintainAsync(request, Token);
        expected.Compare(answer);
        Note(answer);
    }

    /// <summary>Holds the answers of a round against each other, and against what was there and is now.</summary>
    public async Task CheckAsync(
        IReadOnlyDictionary<ExecutionId, ExecutionRow> before, CrowdCalls calls, Instant now)
    {
        var after = await RowsAsync();
        var written = calls.Commits.SelectMany(static one => one.Batch.Operations.Zip(one.Answer.Answers))
            .SelectMany(static one => new[] { one.First.Id, one.Second.Id })
            .Concat(calls.Rounds.SelectMany(static one => Touched(one.Answer)))
            .ToHashSet();
        foreach (var (_, request, answer) in calls.Claims)
        {
            Note(answer);
            Check(request, answer);
            foreach (var execution in answer.Executions)
            {
                CheckClaimed(request, execution, after[execution.Row.Id]);
                var was = before.GetValueOrDefault(execution.Row.Id);
                Hold(
                    calls.IsUntold || written.Contains(execution.Row.Id) || IsDue(was, now),
                    "what is claimed was due",
                    execution.Row);
            }
        }

        calls.Rounds.ToList().ForEach(one => Note(one.Answer));
        CheckOthers(before, after, calls, written);
        await CheckCommitsAsync(calls, after);
        await ModelScan.CheckInvariantsAsync(store);
    }

    private static IEnumerable<ExecutionId> Touched(MaintenanceAnswer answer) =>
        answer.Released.Concat(answer.TimedOut).Concat(answer.Unblocked).Concat(answer.Quarantined);

    private static bool IsDue(ExecutionRow? row, Instant now) => row is not null && row.DueAt <= now
        && row.State is ExecutionState.Pending or ExecutionState.Sleeping or ExecutionState.Waiting;

    private static void Check(ClaimRequest request, ClaimAnswer answer)
    {
        var rows = answer.Executions.Select(static one => one.Row).ToList();
        Hold(!answer.SessionLost || rows.Count == 0, "a session that is lost claims nothing", answer);
        Hold(rows.Count <= request.Limit, "no more than was asked for", answer);
        var suspects = rows.Count(static row => row.BarrenCrashes >= 2);
        Hold(suspects <= (request.AcceptSuspect ? 1 : 0), "a suspect at most, when asked for", answer);
    }

    private static void CheckClaimed(ClaimRequest request, ClaimedExecution execution, ExecutionRow after)
    {
        var row = execution.Row;
        Hold(row.Owner == request.Session && row.State == ExecutionState.Running, "what is claimed runs", row);
        Hold(request.Workflows.Contains(row.Workflow), "what is claimed was asked for", row);
        Hold(after.Epoch > row.Epoch || after.Owner == row.Owner, "what is claimed is owned", after);
        Hold(after.Epoch >= row.Epoch, "epochs rise", after);
        var first = request.CachedThrough(row.Id) + 1;
        var whole = execution.Entries.Select(static entry => entry.Seq)
            .SequenceEqual(Enumerable.Range(0, execution.Entries.Count).Select(index => first + index));
        Hold(whole && first + execution.Entries.Count > row.LastSeq, "a claim reads the whole journal", row);
        Hold(execution.Entries.All(entry => entry.Epoch < row.Epoch), "nobody writes behind a claim", row);
    }

    /// <summary>What no answer tells of has not happened.</summary>
    private static void CheckOthers(
        IReadOnlyDictionary<ExecutionId, ExecutionRow> before,
        Dictionary<ExecutionId, ExecutionRow> after,
        CrowdCalls calls,
        HashSet<ExecutionId> written)
    {
        var claimed = calls.Claims.SelectMany(static one => one.Answer.Executions)
            .Select(static one => (one.Row.Id, one.Row.Epoch, one.Row.Owner)).ToHashSet();
        foreach (var row in after.Values)
        {
            var was = before.GetValueOrDefault(row.Id);
            var isOwnedAnew = row.Owner != SessionId.None && row.Epoch != was?.Epoch;
            Hold(
                !isOwnedAnew || claimed.Contains((row.Id, row.Epoch, row.Owner)) || (was is null && row.Epoch == 1),
                "who owns something anew was told so",
                row);
            Hold(
                calls.IsUntold || written.Contains(row.Id) || isOwnedAnew
                    || (was is not null && Make.Comparable(was) == Make.Comparable(row)),
                "what nobody touched is as it was",
                row);
        }

        Hold(before.Keys.All(after.ContainsKey), "nothing is gone", before.Count);
    }

    /// <summary>What was answered as written is there.</summary>
    private async Task CheckCommitsAsync(CrowdCalls calls, Dictionary<ExecutionId, ExecutionRow> after)
    {
        foreach (var (operation, answer) in calls.Commits.SelectMany(
            static one => one.Batch.Operations.Zip(one.Answer.Answers)))
        {
            if (operation is StartOperation && answer.Kind is AnswerKind.Started or AnswerKind.Existing)
            {
                Hold(after.ContainsKey(answer.Id), "what was started is there", answer);
            }

            if (operation is AdvanceOperation { Entries.Count: > 0 } advance && answer.Kind == AnswerKind.Applied)
            {
                var journal = await store.Queries.ReadJournalAsync(advance.Id, -1, int.MaxValue, Token);
                Hold(
                    advance.Entries.All(
                        entry => entry.Seq < journal.Count && journal[(int)entry.Seq].Epoch == entry.Epoch),
                    "what was applied is in the journal",
                    advance);
            }
        }
    }

    private void Note(ClaimAnswer answer)
    {
        foreach (var row in answer.Executions.Select(static one => one.Row))
        {
            Hold(_claimed.Add((row.Id, row.Epoch)), "every epoch has one owner", row);
        }
    }

    private void Note(MaintenanceAnswer answer)
    {
        foreach (var id in answer.TimedOut)
        {
            Hold(_timedOut.Add(id), "everything ends once", id);
        }
    }

    private static void Hold<T>(bool holds, string invariant, T about)
    {
        if (!holds)
        {
            throw new ModelDifferenceException($"\"{invariant}\" does not hold of {about}");
        }
    }
}

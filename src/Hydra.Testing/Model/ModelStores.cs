namespace Hydra.Testing;

/// <summary>Makes every call on all stores and compares the answers, as text without what has no meaning.</summary>
internal sealed class ModelStores(IReadOnlyList<ModelSide> sides)
{
    private static CancellationToken Token => CaseContext.Token;

    /// <summary>The store whose answers the sequence goes by; all others answered the same.</summary>
    public IWorkflowStore Reference => sides[^1].Store;

    /// <summary>Whether all of them can do something that a store need not do.</summary>
    public bool All(Func<IWorkflowStore, bool> can) => sides.All(side => can(side.Store));

    /// <summary>Makes a call everywhere; null when all refused it in the same way.</summary>
    public async Task<T?> CallAsync<T>(
        ModelSession session, Func<string> what, Func<IWorkflowStore, Task<T>> call, Func<T, string> render)
        where T : class
    {
        T? answer = null;
        var texts = new List<string>();
        foreach (var side in sides)
        {
            try
            {
                answer = await call(side.Of(session));
                texts.Add(sides.Count > 1 ? render(answer) : "");
            }
            catch (StoreException exception)
            {
                answer = null;
                texts.Add($"refused as {exception.Kind}");
            }
        }

        Compare(what, texts);
        return answer;
    }

    /// <summary>Ends the process of a session everywhere and starts another.</summary>
    public async Task ReopenAsync(ModelSession session)
    {
        foreach (var side in sides)
        {
            await side.ReopenAsync(session);
        }
    }

    public async Task CompareContentsAsync()
    {
        var texts = new List<string>();
        foreach (var side in sides)
        {
            texts.Add(await Dump.StoreAsync(side.Store, Token));
        }

        Compare(static () => "contents", texts);
    }

    public static string Render(ClaimAnswer answer) => Lines(
        $"now {answer.Now.Micros} lost {answer.SessionLost} more {answer.More} next {answer.NextDue.Micros}",
        answer.Executions.Select(static claimed => $"{Make.Comparable(claimed.Row)} with "
            + $"{string.Join(' ', claimed.Entries)} and {string.Join(' ', claimed.Tried)}"));

    public static string Render(HeartbeatAnswer answer) => Lines(
        $"now {answer.Now.Micros} lost {answer.Lost}",
        answer.Owned.OrderBy(static owned => owned.Id).Select(static owned => owned.ToString()));

    public static string Render(MaintenanceAnswer answer) => Lines(
        $"now {answer.Now.Micros} next {answer.NextExpiry.Micros} more {answer.More}",
        [
            "released " + string.Join(' ', answer.Released.Order()),
            "quarantined " + string.Join(' ', answer.Quarantined.Order()),
            "timed out " + string.Join(' ', answer.TimedOut.Order()),
            "unblocked " + string.Join(' ', answer.Unblocked.Order()),
        ]);

    /// <summary>Leaves out what an answer need not tell: more than the kind where nothing was done.</summary>
    public static string Render(CommitAnswer answer, CommitBatch batch, ISet<ExecutionId> started) => Lines(
        $"now {answer.Now.Micros}",
        answer.Answers.Select((one, index) => $"{one.Kind} {one.Id} " + one.Kind switch
        {
            AnswerKind.Applied or AnswerKind.Continue => $"{one.State} mail {one.Mail} requests {one.Requests}",
            AnswerKind.Started when one.Owned || !started.Contains(batch.Operations[index].Id) =>
                $"{one.State} owned {one.Owned} due {one.DueAt.Micros}",
            AnswerKind.Started or AnswerKind.Existing or AnswerKind.Conflict => $"owned {one.Owned}",
            AnswerKind.Fenced or AnswerKind.NotFound => "",
            _ => $"{one.State}",
        }));

    private static string Lines(string first, IEnumerable<string> others) =>
        string.Join("\n    ", others.Prepend(first));

    private static void Compare(Func<string> what, List<string> texts)
    {
        if (texts.Distinct().Count() > 1)
        {
            throw new ModelDifferenceException($"{what()}:\n  {string.Join("\n  but in memory\n  ", texts)}");
        }
    }
}

namespace Hydra.Testing;

/// <summary>The schedules of a random sequence: what is changed of them, and the last change of each.</summary>
internal sealed class ModelSchedules(ModelDraw draw)
{
    private readonly Dictionary<string, long> _changes = []; // Of each schedule.
    private long _change;

    private static CancellationToken Token => CaseContext.Token;

    /// <summary>Draws a change of a schedule, with starts and cancellations in it; null where it has none.</summary>
    public ScheduleChange? Draw(string name, Random random, ModelSession session, Instant now)
    {
        long? known = _changes.TryGetValue(name, out var last) ? last : null;
        var removes = random.Next(5) == 0;
        if (removes && known is null)
        {
            return null; // A removal expects a change.
        }

        var operations = new List<StoreOperation>();
        for (var count = random.Next(3); count > 0; count--)
        {
            var action = removes || random.Next(2) == 0 ? ModelAction.Cancel : ModelAction.Start;
            operations.AddRange(draw.Operations(action, random, session).Select(static operation =>
                operation is StartOperation start ? start with { Owner = SessionId.None } : operation));
        }

        var paused = random.Next(4) == 0;
        return new ScheduleChange
        {
            Name = name,
            ExpectedChange = random.Next(5) == 0 ? 1_000_000 + random.Next(10) : known,
            Operations = operations,
            Row = removes ? null : new ScheduleRow
            {
                Name = name,
                Workflow = "order",
                ChangeId = ++_change,
                DueAt = paused ? Instant.Never : now.Plus(ModelDraw.Pick(random, ModelDraw.Spans)),
                Paused = paused,
                Definition = Make.Text($"{random.Next(3)}"),
                Progress = random.Next(2) == 0 ? default : Make.Text($"{random.Next(3)}"),
                Input = Make.Text($"{random.Next(3)}"),
            },
        };
    }

    public void Learn(ScheduleChange change, ScheduleAnswer answer)
    {
        if (answer.IsApplied && change.Row is { } row)
        {
            _changes[change.Name] = row.ChangeId;
        }
        else if (answer.IsApplied)
        {
            _changes.Remove(change.Name);
        }
    }

    public static string Describe(ScheduleChange change) =>
        $"change {change} with {string.Join("; ", change.Operations)}";

    public static string Render(ScheduleAnswer answer, ScheduleChange change, ISet<ExecutionId> started) =>
        $"{answer.IsApplied} {answer.Row}\n    " + (answer.IsApplied
            ? ModelStores.Render(
                new CommitAnswer(answer.Now, answer.Answers),
                new CommitBatch(SessionId.None, change.Operations),
                started)
            : $"now {answer.Now.Micros}");

    public static async Task<string> ListAsync(IScheduleStore store, string afterName, int limit) =>
        string.Join("\n    ", await store.ListAsync(afterName, limit, Token));

    public static async Task<string> ListDueAsync(IScheduleStore store, int limit)
    {
        var due = await store.ListDueAsync(limit, Token);
        return $"{due.Now.Micros} next {due.NextDue.Micros}: "
            + string.Join(' ', due.Schedules.Select(static one => one.Name));
    }
}

namespace Hydra.Testing;

/// <summary>What cases about schedules have at hand.</summary>
internal abstract class ScheduleTest(StoreHarness harness) : ConcurrentTest(harness)
{
    private const int MostRounds = 10;

    private long _changes = 4_000_000_000_000;

    protected IScheduleStore Schedules => SchedulesOf(Store);

    protected static IScheduleStore SchedulesOf(IWorkflowStore store)
    {
        SkipUnless(store.Schedules is not null, "This store keeps no schedules.");
        return store.Schedules!;
    }

    protected long NewChangeId() => Interlocked.Increment(ref _changes);

    /// <summary>A schedule as an engine would write it, with a number of its own, due in an hour.</summary>
    protected ScheduleRow NewRow(string name) => new()
    {
        Name = name,
        Workflow = Make.Workflow,
        ChangeId = NewChangeId(),
        DueAt = Now.Plus(Hour),
        Definition = Make.Text("""{"cron":"0 9 * * *"}"""),
        Progress = Make.Text("{}"),
        Input = Make.Text("1"),
    };

    protected static ScheduleChange Creation(ScheduleRow row) =>
        new() { Name = row.Name, ExpectedChange = null, Row = row };

    protected static ScheduleChange Change(ScheduleRow from, ScheduleRow to) =>
        new() { Name = from.Name, ExpectedChange = from.ChangeId, Row = to };

    protected static ScheduleChange Removal(ScheduleRow row) =>
        new() { Name = row.Name, ExpectedChange = row.ChangeId, Row = null };

    protected Task<ScheduleAnswer> ApplyAsync(ScheduleChange change) => Schedules.ApplyAsync(change, Token);

    protected Task<ScheduleRow?> FindAsync(string name) => Schedules.FindAsync(name, Token);

    /// <summary>Makes a schedule, and answers it as it is kept.</summary>
    protected Task<ScheduleRow> MakeAsync(ScheduleRow row) => SucceedAsync(Creation(row));

    /// <summary>Changes nothing but the number of a schedule, and when it is due if that is told.</summary>
    protected Task<ScheduleRow> ChangeAsync(ScheduleRow row, Instant? dueAt = null) =>
        SucceedAsync(Change(row, row with { ChangeId = NewChangeId(), DueAt = dueAt ?? row.DueAt }));

    protected static Task<ScheduleAnswer> RepeatAsync(IScheduleStore schedules, ScheduleChange change) =>
        RepeatAsync(() => schedules.ApplyAsync(change, Token));

    /// <summary>Repeats what the database undid, as the engine does: of two that meet it may undo one.</summary>
    protected static async Task<T> RepeatAsync<T>(Func<Task<T>> call)
    {
        for (var round = 1; ; round++)
        {
            try
            {
                return await call();
            }
            catch (StoreException exception)
                when (exception.Kind is StoreErrorKind.RolledBack or StoreErrorKind.InDoubt && round < MostRounds)
            {
                // The same again tells.
            }
        }
    }

    private async Task<ScheduleRow> SucceedAsync(ScheduleChange change)
    {
        var answer = await ApplyAsync(change);
        Assert.True(answer.IsApplied);
        return answer.Row!;
    }
}

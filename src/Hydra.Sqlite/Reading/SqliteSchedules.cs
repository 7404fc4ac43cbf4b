using Hydra.Relational.Reading;
using Hydra.Sqlite.Connections;
using Hydra.Sqlite.Writing;

namespace Hydra.Sqlite.Reading;

/// <summary>The schedules in a file: read on the thread pool, changed on the writer thread.</summary>
internal sealed class SqliteSchedules(ReaderPool<ReadStatements> readers, WriterThread writer, StoreClock clock)
    : IScheduleStore
{
    public Task<ScheduleRow?> FindAsync(string name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        return StoreRules.IsStorable(name)
            ? ReadAsync(
                reader => Rows.FirstOrNull(reader.FindSchedule.Bind(2, name), Rows.Schedule), cancellationToken)
            : Task.FromResult<ScheduleRow?>(null);
    }

    public Task<IReadOnlyList<ScheduleRow>> ListAsync(
        string? afterName, int limit, CancellationToken cancellationToken)
    {
        SchedulePage.CheckLimit(limit);
        var start = SchedulePage.CheckStart(afterName);
        return ReadAsync<IReadOnlyList<ScheduleRow>>(
            reader => Rows.All(reader.ListSchedules.Bind(2, start).Bind(3, limit), Rows.Schedule), cancellationToken);
    }

    public Task<DueSchedules> ListDueAsync(int limit, CancellationToken cancellationToken)
    {
        SchedulePage.CheckLimit(limit);
        return ReadAsync(reader => ListDue(reader, limit), cancellationToken);
    }

    public Task<ScheduleAnswer> ApplyAsync(ScheduleChange change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        return writer.RunAsync(
            transitions => transitions.Schedules.Apply(change), urgent: false, cancellationToken);
    }

    private DueSchedules ListDue(ReadStatements reader, int limit)
    {
        var (now, next) = (clock.Now(), Instant.Never);
        var due = Rows.All(
            reader.ListDueSchedules.Bind(2, now).Bind(3, limit),
            row =>
            {
                next = row.InstantOrNull(0) ?? Instant.Never;
                return row.IsNull(1) ? null : Rows.Schedule(row, 1);
            });
        return new DueSchedules(now, [.. due.OfType<ScheduleRow>()], next);
    }

    private Task<T> ReadAsync<T>(Func<ReadStatements, T> read, CancellationToken cancellationToken) =>
        Task.Run(() => readers.Read(read), cancellationToken);
}

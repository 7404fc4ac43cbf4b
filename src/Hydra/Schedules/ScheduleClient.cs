using System.Globalization;
using Hydra.Engine;
using Hydra.Engine.Scheduling;
using Hydra.Engine.Workers;
using Hydra.Storage;

namespace Hydra;

/// <summary>The schedules of an engine's client: what a caller wants, as changes of one row.</summary>
/// <param name="client">Its calls enter the engine's runtime, and end when the engine closes.</param>
/// <param name="keeper">Brings changes into the store.</param>
/// <param name="schedules">Where they are read.</param>
/// <param name="serializer">Knows the limits of payloads.</param>
/// <param name="worker">The worker of this process, which need not be told by way of the database.</param>
internal sealed class ScheduleClient(
    HydraClient client,
    ScheduleKeeper keeper,
    IScheduleStore schedules,
    PayloadSerializer serializer,
    Worker? worker) : IScheduleClient
{
    internal const int MostBackfills = 10;

    /// <summary>The most instants of one range of the past.</summary>
    internal const int MostBackfilled = 100_000;

    private const int MostRows = 1_000;

    public Task CreateAsync(Schedule schedule, CancellationToken cancellationToken = default)
    {
        Check(schedule);
        return ChangeAsync(
            schedule.Name,
            (row, now) => Task.FromResult(
                row is null ? ScheduleWriting.Create(keeper, schedule, declared: null, now)
                : ScheduleWriting.IsSame(row, schedule) ? null
                : throw new ScheduleExistsException(schedule.Name)),
            cancellationToken);
    }

    public Task PutAsync(Schedule schedule, CancellationToken cancellationToken = default)
    {
        Check(schedule);
        return PutAsync(schedule.Name, _ => schedule, cancellationToken);
    }

    public Task UpdateAsync(
        string name, Func<Schedule, Schedule> change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        return PutAsync(
            name,
            row =>
            {
                var schedule = change(ScheduleWriting.Read(Found(row, name)));
                Check(schedule);
                return schedule.Name == name
                    ? schedule
                    : throw new ArgumentException($"The name of schedule '{name}' cannot be changed.");
            },
            cancellationToken);
    }

    public Task PauseAsync(string name, string? note = null, CancellationToken cancellationToken = default)
    {
        CheckNote(note);
        return ChangeProgressAsync(
            name,
            (row, progress, now) => (
                row with { Paused = true, DueAt = Instant.Never },
                progress with { PausedAt = progress.PausedAt ?? now, Note = note }),
            cancellationToken);
    }

    public Task ResumeAsync(string name, string? note = null, CancellationToken cancellationToken = default)
    {
        CheckNote(note);
        return ChangeProgressAsync(
            name,
            (row, progress, now) => (
                row with { Paused = false, DueAt = now },
                progress with
                {
                    PausedAt = null,
                    Note = note,
                    MissedUpTo = row.Paused ? Instant.Max(now, progress.MissedUpTo) : progress.MissedUpTo,
                }),
            cancellationToken);
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        var tried = false; // Gone after a try in doubt: this call has removed it, or somebody with the same wish.
        return ChangeAsync(
            name,
            (row, _) =>
            {
                if (row is null && tried)
                {
                    return Task.FromResult<ScheduleChange?>(null);
                }

                tried = true;
                return Task.FromResult<ScheduleChange?>(
                    new ScheduleChange { Name = name, ExpectedChange = Found(row, name).ChangeId, Row = null });
            },
            cancellationToken);
    }

    public Task<ExecutionHandle?> TriggerAsync(
        string name, OverlapPolicy? overlap = null, CancellationToken cancellationToken = default)
    {
        if (overlap is { } policy && !Enum.IsDefined(policy))
        {
            throw new ArgumentException($"The overlap policy {overlap} does not exist.", nameof(overlap));
        }

        return client.Enter(async () =>
        {
            var trigger = new TriggerCall(keeper);
            var change = await ChangeAsync(
                name,
                async (row, now) => await trigger.HasComeAsync(row, cancellationToken)
                    ? null
                    : await trigger.DecideAsync(Found(row, name), now, overlap, cancellationToken),
                cancellationToken);
            return trigger.StartedBy(change) is { } started ? client.Execution(started) : null;
        });
    }

    public Task BackfillAsync(
        string name,
        DateTimeOffset from,
        DateTimeOffset to,
        bool atOnce = false,
        CancellationToken cancellationToken = default)
    {
        if (to < from)
        {
            throw new ArgumentException($"The range ends ({to:O}) before it begins ({from:O}).", nameof(to));
        }

        if (Instant.From(from) < default(Instant))
        {
            throw new ArgumentException($"The range begins before 1970 ({from:O}).", nameof(from));
        }

        var serial = keeper.NextNumber();
        return ChangeProgressAsync(
            name,
            (row, progress, now) =>
            {
                if (progress.Backfills.Any(range => range.Serial == serial))
                {
                    return (row, progress); // A try in doubt has added it, before somebody else changed the row.
                }

                if (Instant.From(to) > now)
                {
                    throw new ArgumentException(
                        $"The range ends in the future ({to:O}): the schedule itself starts what comes.", nameof(to));
                }

                if (progress.Backfills.Count >= MostBackfills)
                {
                    throw new ArgumentException(
                        $"{MostBackfills} ranges of schedule '{name}' are not done yet. Wait until one is.");
                }

                var backfill = Backfill.Of(serial, from, to, atOnce);
                var instants = ScheduleJson.ReadDefinition(row).ReadInstants();
                if (instants.HasMoreThan(MostBackfilled, backfill.Cursor, backfill.UpTo))
                {
                    throw new ArgumentException(string.Create(
                        CultureInfo.InvariantCulture,
                        $"The range has more than {MostBackfilled:N0} instants of schedule '{name}'. Ask for less."));
                }

                return (
                    row with { DueAt = row.Paused ? Instant.Never : now },
                    progress with { Backfills = [.. progress.Backfills, backfill] });
            },
            cancellationToken);
    }

    public Task<int> CancelBackfillsAsync(string name, CancellationToken cancellationToken = default) => DropAsync(
        name,
        static progress => progress.Backfills.Count,
        static progress => progress with { Backfills = [] },
        cancellationToken);

    public Task<int> CancelWaitingAsync(string name, CancellationToken cancellationToken = default) => DropAsync(
        name,
        static progress => progress.Waiting.Count,
        static progress => progress with { Waiting = [], Skipped = progress.Skipped + progress.Waiting.Count },
        cancellationToken);

    public Task<IReadOnlyList<DateTimeOffset>> PreviewAsync(
        string name, int count = 10, DateTimeOffset? after = null, CancellationToken cancellationToken = default)
    {
        CheckCount(count, nameof(count));
        return client.Enter<Task<IReadOnlyList<DateTimeOffset>>>(async () =>
        {
            var row = Found(await schedules.FindAsync(name, cancellationToken), name);
            var instants = ScheduleJson.ReadDefinition(row).ReadInstants();
            var from = after is { } time ? Instant.From(time) : await client.NowAsync(cancellationToken);
            var preview = new List<DateTimeOffset>();
            for (var next = instants.After(from); next is not null && preview.Count < count;)
            {
                preview.Add(next.Value.ToDateTimeOffset());
                next = instants.After(next.Value);
            }

            return preview;
        });
    }

    public Task<IReadOnlyList<ScheduleDetails>> ListAsync(
        string? afterName = null, int limit = 100, CancellationToken cancellationToken = default)
    {
        CheckCount(limit, nameof(limit));
        return client.Enter<Task<IReadOnlyList<ScheduleDetails>>>(async () =>
        [
            .. (await schedules.ListAsync(afterName, limit, cancellationToken)).Select(client.Describe),
        ]);
    }

    public Task<ScheduleDetails> DescribeAsync(string name, CancellationToken cancellationToken = default) =>
        client.Enter(async () =>
            client.Describe(Found(await schedules.FindAsync(name, cancellationToken), name)));

    private Task PutAsync(string name, Func<ScheduleRow?, Schedule> make, CancellationToken cancellationToken) =>
        client.Enter(async () =>
        {
            await ScheduleWriting.PutAsync(
                keeper, name, make, declared: null, client.PatienceEnds(), cancellationToken);
            worker?.SchedulesChanged();
        });

    private Task<ScheduleChange?> ChangeAsync(
        string name, Func<ScheduleRow?, Instant, Task<ScheduleChange?>> decide, CancellationToken cancellationToken) =>
        client.Enter(async () =>
        {
            ArgumentNullException.ThrowIfNull(name);
            var change = await keeper.ChangeAsync(name, decide, client.PatienceEnds(), cancellationToken);
            worker?.SchedulesChanged();
            if (change?.Operations.Count > 0)
            {
                worker?.HasApplied(change.Operations);
            }

            return change;
        });

    private Task<ScheduleChange?> ChangeProgressAsync(
        string name,
        Func<ScheduleRow, ScheduleProgress, Instant, (ScheduleRow Row, ScheduleProgress Progress)> decide,
        CancellationToken cancellationToken) =>
        ChangeAsync(
            name,
            (found, now) =>
            {
                var row = Found(found, name);
                var (changed, progress) = decide(row, ScheduleJson.ReadProgress(row), now);
                return Task.FromResult<ScheduleChange?>(ScheduleWriting.Change(keeper, row, changed, progress));
            },
            cancellationToken);

    /// <summary>Drops what is there of something, and answers how much it was.</summary>
    private Task<int> DropAsync(
        string name,
        Func<ScheduleProgress, int> count,
        Func<ScheduleProgress, ScheduleProgress> drop,
        CancellationToken cancellationToken) =>
        client.Enter(async () =>
        {
            var dropped = 0;
            await ChangeAsync(
                name,
                (found, now) =>
                {
                    var row = Found(found, name);
                    var progress = ScheduleJson.ReadProgress(row);
                    dropped = count(progress); // Anew where somebody else came first.
                    if (dropped == 0)
                    {
                        return Task.FromResult<ScheduleChange?>(null);
                    }

                    var after = drop(progress);
                    var skipped = after.Skipped - progress.Skipped;
                    return Task.FromResult<ScheduleChange?>(ScheduleWriting.Change(
                        keeper, row, row with { DueAt = row.Paused ? Instant.Never : now }, after) with
                    {
                        Tally = skipped == 0 ? null : new ScheduleTally([], skipped, Gap: false),
                    });
                },
                cancellationToken);
            return dropped;
        });

    private ScheduleRow Found(ScheduleRow? row, string name) =>
        row ?? throw new ScheduleNotFoundException(name, keeper.Namespace);

    private void Check(Schedule schedule)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        schedule.Validate();
        serializer.Check(schedule.Input, "The input of the schedule");
    }

    private static void CheckNote(string? note)
    {
        if (note?.Length > Limits.MaxReasonLength)
        {
            throw new ArgumentException(
                $"The note has {note.Length} characters, at most {Limits.MaxReasonLength} are allowed.", nameof(note));
        }
    }

    private static void CheckCount(int count, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MostRows, name);
    }
}

using System.Text;
using Hydra.Storage;

namespace Hydra.Engine.Scheduling;

/// <summary>Turns schedules into rows and back, and replaces what a schedule is without losing an instant.</summary>
internal static class ScheduleWriting
{
    public static ScheduleChange Create(ScheduleKeeper keeper, Schedule schedule, string? declared, Instant now)
    {
        var progress = new ScheduleProgress
        {
            Incarnation = keeper.NextNumber(),
            Cursor = now,
            Declared = declared,
        };
        return new ScheduleChange
        {
            Name = schedule.Name,
            ExpectedChange = null,
            Row = new ScheduleRow
            {
                Name = schedule.Name,
                Workflow = schedule.Workflow,
                ChangeId = keeper.NextNumber(),
                DueAt = now,
                Definition = Definition(schedule),
                Progress = ScheduleJson.Write(progress),
                Input = schedule.Input,
            },
        };
    }

    public static ScheduleChange Change(
        ScheduleKeeper keeper, ScheduleRow before, ScheduleRow after, ScheduleProgress progress) =>
        new()
        {
            Name = before.Name,
            ExpectedChange = before.ChangeId,
            Row = after with { ChangeId = keeper.NextNumber(), Progress = ScheduleJson.Write(progress) },
        };

    /// <summary>Makes a schedule, or makes the one of a name into another.</summary>
    /// <param name="keeper">Brings it into the store.</param>
    /// <param name="name">Its name.</param>
    /// <param name="make">What it is to be, given what there is.</param>
    /// <param name="declared">
    /// What tells its declaration from others; where it is the one that was written last from there, nothing happens.
    /// Null for what is not declared.
    /// </param>
    /// <param name="patienceEnds">Until when it is tried again, as a timestamp.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>
    /// What keeps a declaration from being written: what is stored cannot be read, or the key of its subject was
    /// destroyed. Null otherwise.
    /// </returns>
    /// <exception cref="PayloadException">The same, of what is not declared.</exception>
    public static async Task<PayloadException?> PutAsync(
        ScheduleKeeper keeper,
        string name,
        Func<ScheduleRow?, Schedule> make,
        Declaration? declared,
        long patienceEnds,
        CancellationToken cancellationToken)
    {
        PayloadException? damage = null;
        var (done, forgets) = (false, false);
        while (!done)
        {
            done = true;
            try
            {
                await keeper.ChangeAsync(name, DecideAsync, patienceEnds, cancellationToken);
            }
            catch (PayloadException e) when (e.IsShredded && !forgets)
            {
                (done, forgets) = (false, true); // Perhaps of the subject that it had: nothing starts for that.
            }
            catch (PayloadException e) when (e.IsShredded && declared is not null)
            {
                return e;
            }
        }

        return damage;

        async Task<ScheduleChange?> DecideAsync(ScheduleRow? row, Instant now)
        {
            damage = row is null ? null : FindDamage(row);
            if (damage is not null)
            {
                // A newer build may have written it: people decide what becomes of it.
                return declared is null ? throw new PayloadException(damage.Message, damage) : null;
            }

            var schedule = make(row);
            if (row is null)
            {
                return Create(keeper, schedule, declared?.Fingerprint, now);
            }

            var progress = ScheduleJson.ReadProgress(row);
            if (declared is null ? IsSame(row, schedule) : progress.Declared == declared.Fingerprint)
            {
                return null;
            }

            if (progress.Declared is { } last && declared?.Older.Contains(last) == true)
            {
                return Change(keeper, row, row, progress with { Declared = declared.Fingerprint });
            }

            var fingerprint = declared?.Fingerprint ?? progress.Declared;
            if (forgets)
            {
                return new ScheduleChange
                {
                    Name = name,
                    ExpectedChange = row.ChangeId,
                    Row = Replace(keeper, row, schedule, progress, fingerprint, now),
                };
            }

            (var change, done) = await ReplaceAsync(keeper, row, schedule, fingerprint, now, cancellationToken);
            return change;
        }
    }

    /// <summary>Why what is stored of a schedule cannot be read; null when it can.</summary>
    public static PayloadException? FindDamage(ScheduleRow row)
    {
        try
        {
            ScheduleJson.ReadProgress(row);
            ScheduleJson.ReadDefinition(row);
            return null;
        }
        catch (PayloadException e)
        {
            return e;
        }
    }

    /// <summary>What tells one declaration from another. With keys it tells nothing of the input to others.</summary>
    public static Declaration Declare(Schedule schedule, PayloadCodec codec)
    {
        var hash = Payload.ComputeHashText(Encoding.UTF8.GetBytes(
            $"{schedule.Workflow}\0{Definition(schedule).HashText}\0{schedule.Input.HashText}"));
        var key = $"schedule\0{schedule.Name}"; // No key of an execution has such a character.
        return new Declaration(codec.HashOf(hash, default, key), codec.OlderHashesOf(hash, default, key));
    }

    public static bool IsSame(ScheduleRow row, Schedule schedule) =>
        row.Workflow == schedule.Workflow
        && row.Definition == Definition(schedule)
        && row.Input.HasSamePlaintext(schedule.Input);

    public static Schedule Read(ScheduleRow row)
    {
        var definition = ScheduleJson.ReadDefinition(row);
        return new Schedule(row.Name, row.Workflow, definition.ReadTimetable())
        {
            Input = row.Input,
            Options = definition.ReadOptions(),
        };
    }

    /// <summary>Tells how it stands. What cannot be read of it here is told, and hides nothing else.</summary>
    public static ScheduleDetails Describe(ScheduleRow row)
    {
        string? problem = null;
        var progress = TryRead(() => ScheduleJson.ReadProgress(row), ref problem);
        var definition = TryRead(() => ScheduleJson.ReadDefinition(row), ref problem);
        var timetable = TryRead(() => definition?.ReadTimetable(), ref problem);
        var next = row.Paused || progress is null || timetable is null
            ? null
            : definition!.ReadInstants().After(progress.Cursor);
        progress ??= new ScheduleProgress { Incarnation = 0, Cursor = default };
        return new ScheduleDetails
        {
            Schedule = new Schedule(
                row.Name, row.Workflow, timetable ?? Timetable.Unreadable(definition, problem ?? "It cannot be read."))
            {
                Input = row.Input,
                Options = definition?.ReadOptions() ?? new ScheduleOptions(),
            },
            Problem = problem,
            Paused = row.Paused,
            PausedAt = progress.PausedAt?.ToDateTimeOffset(),
            Note = progress.Note,
            Declared = progress.Declared is not null,
            NextAt = next?.ToDateTimeOffset(),
            LastAt = progress.LastAt?.ToDateTimeOffset(),
            Started = progress.Started,
            Skipped = progress.Skipped,
            Waiting = [.. progress.Waiting.Select(start => start.At.ToDateTimeOffset())],
            Running = [.. progress.Running.Select(one => one.Id)],
            Backfills = progress.Backfills.Count,
            CreatedAt = row.CreatedAt.ToDateTimeOffset(),
            ChangedAt = row.ChangedAt.ToDateTimeOffset(),
        };
    }

    private static T? TryRead<T>(Func<T?> read, ref string? problem) where T : class
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is ArgumentException or PayloadException)
        {
            problem ??= e.Message;
            return null;
        }
    }

    private static Payload Definition(Schedule schedule) =>
        ScheduleJson.Write(ScheduleDefinition.From(schedule.Timetable, schedule.Options));

    /// <summary>
    /// First what has come by the old timetable, then the new one; in one change, unless there is more than one holds.
    /// </summary>
    private static async Task<(ScheduleChange Change, bool Done)> ReplaceAsync(
        ScheduleKeeper keeper,
        ScheduleRow row,
        Schedule schedule,
        string? declared,
        Instant now,
        CancellationToken cancellationToken)
    {
        var change = new ScheduleChange { Name = row.Name, ExpectedChange = row.ChangeId, Row = row };
        var progress = ScheduleJson.ReadProgress(row);
        if (!row.Paused && IsReadable(row))
        {
            var planner = await keeper.PlanAsync(row, now, cancellationToken);
            var plan = planner.PlanWithoutRanges(); // What is left of them goes by the new timetable.
            change = keeper.Change(row, plan);
            progress = plan.Progress;
            if (!planner.IsCaughtUp)
            {
                return (change, false);
            }
        }

        return (change with { Row = Replace(keeper, row, schedule, progress, declared, now) }, true);
    }

    private static ScheduleRow Replace(
        ScheduleKeeper keeper,
        ScheduleRow row,
        Schedule schedule,
        ScheduleProgress progress,
        string? declared,
        Instant now) => row with
        {
            Workflow = schedule.Workflow,
            ChangeId = keeper.NextNumber(),
            DueAt = row.Paused ? Instant.Never : now,
            Definition = Definition(schedule),
            Progress = ScheduleJson.Write(progress with
            {
                Cursor = row.Paused ? progress.Cursor : Instant.Max(progress.Cursor, now),
                Declared = declared,
            }),
            Input = schedule.Input,
        };

    /// <summary>Whether this machine knows the old time zone: else nothing of it can be made up for here.</summary>
    private static bool IsReadable(ScheduleRow row)
    {
        try
        {
            ScheduleJson.ReadDefinition(row).ReadTimetable();
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}

namespace Hydra.Testing;

/// <content>What is called beside the life of executions: landings, schedules and retention.</content>
internal sealed partial class ConcurrentWorld
{
    private readonly bool _playsBeside; // In one of three sequences, so that all else still meets in the others.
    private readonly ModelSchedules _schedules;
    private IReadOnlyList<EndedRow> _ended = []; // As somebody was told last.

    private ConcurrentCall BesideAlone(Random random, ModelSession session) =>
        random.Next(2) == 0 ? Ended(random, session) : Delete(random, session);

    private ConcurrentCall Beside(Random random, ModelSession session) => random.Next(8) switch
    {
        0 or 1 or 2 => Land(random, session),
        3 when !_skipsLockedRows => Delete(random, session),
        _ => Schedule(random, session),
    };

    /// <summary>Lands the result of a step, or bars it; a read where the store has no transactions.</summary>
    private ConcurrentCall Land(Random random, ModelSession session)
    {
        if (session.Beliefs.Count == 0 || ModelLanding.Of(_side.Store) is null)
        {
            return Read(random, session);
        }

        var (id, landed, bar) = ModelLanding.Draw(random, session);
        return bar is not null
            ? new ConcurrentCall(session, $"bar {bar}", async store =>
                ($"{await ModelLanding.Of(store)!.BarAsync(session.Id, id, bar, Token)}", static () => { }
            ))
            : new ConcurrentCall(session, $"land {landed}", async store =>
                ($"{await ModelLanding.Of(store)!.LandAsync(session.Id, id, landed, Token)}", static () => { }
            ));
    }

    /// <summary>Changes a schedule, or asks for some; a read where the store has none.</summary>
    private ConcurrentCall Schedule(Random random, ModelSession session)
    {
        if (_side.Store.Schedules is null)
        {
            return Read(random, session);
        }

        var name = random.Next(3) == 0 ? ModelTexts.Name(random) : "name-0"; // So that changes meet.
        if (random.Next(4) > 0 && _schedules.Draw(name, random, session, Now) is { } change)
        {
            return Change(session, change);
        }

        var limit = random.Next(1, 4);
        return random.Next(3) switch
        {
            0 => Ask(session, $"schedules behind {name}, {limit}", store =>
                ModelSchedules.ListAsync(store, name, limit)),
            1 => Ask(session, $"due schedules, {limit}", store => ModelSchedules.ListDueAsync(store, limit)),
            _ => Ask(session, $"schedule {name}", async store => $"{await store.FindAsync(name, Token)}"),
        };
    }

    private ConcurrentCall Change(ModelSession session, ScheduleChange change)
    {
        var started = _started.ToHashSet();
        return new ConcurrentCall(session, ModelSchedules.Describe(change), async store =>
        {
            var answer = await store.Schedules!.ApplyAsync(change, Token);
            return (ModelSchedules.Render(answer, change, started), () =>
            {
                change.Operations.ToList().ForEach(operation => _started.Add(operation.Id));
                _schedules.Learn(change, answer);
            }
            );
        });
    }

    private static ConcurrentCall Ask(ModelSession session, string what, Func<IScheduleStore, Task<string>> ask) =>
        new(session, what, async store => (await ask(store.Schedules!), static () => { }));

    /// <summary>Asks what has ended, by many calls of one moment; a read where the store forgets nothing.</summary>
    private ConcurrentCall Ended(Random random, ModelSession session)
    {
        if (_side.Store.Retention is null)
        {
            return Read(random, session);
        }

        var (now, limit) = (Now, random.Next(1, 5));
        return new ConcurrentCall(session, $"ended by {limit}", async store =>
        {
            var ended = await ModelRetention.WalkAsync(store.Retention!, now, limit);
            return (string.Join("\n    ", ended), () => _ended = ended);
        });
    }

    /// <summary>Deletes some of what has ended, now and then under another epoch.</summary>
    private ConcurrentCall Delete(Random random, ModelSession session)
    {
        var chosen = ModelRetention.Choose(random, _ended);
        return chosen.Count == 0
            ? Read(random, session)
            : new ConcurrentCall(session, $"delete {string.Join("; ", chosen)}", async store =>
            {
                var ids = await store.Retention!.DeleteAsync(chosen, Token);
                return (string.Join(' ', ids.Order()), static () => { }
                );
            });
    }
}

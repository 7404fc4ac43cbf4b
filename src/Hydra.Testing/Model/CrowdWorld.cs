using Microsoft.Extensions.Time.Testing;

namespace Hydra.Testing;

/// <summary>Sessions that claim, sweep and commit at once, which die now and then.</summary>
/// <remarks>
/// A store may pass over rows that others hold or start just then: no order of the calls explains what a claim left
/// out, so this asks for less than <see cref="ConcurrentWorld"/> does, and for nothing that is not true of every store:
/// whatever a call answers has happened, nothing else has, and once all are quiet, what is left is found to the last
/// (<see cref="CrowdCheck"/>).
/// </remarks>
internal sealed class CrowdWorld : IConcurrentWorld
{
    private const int MostRounds = 100;

    private static readonly ModelAction[] FromOutside = [ModelAction.Cancel, ModelAction.Terminate, ModelAction.Retry];

    private readonly FakeTimeProvider _clock;
    private readonly ModelSide _side;
    private readonly ModelDraw _draw;
    private readonly CrowdCheck _check;
    private readonly List<ModelSession> _sessions;
    private readonly List<CommitBatch> _batches = [];

    public CrowdWorld(FakeTimeProvider clock, ModelSide side, int sessions)
    {
        (_clock, _side) = (clock, side);
        _draw = new ModelDraw(clock);
        _check = new CrowdCheck(side.Store);
        _sessions = [.. Enumerable.Range(0, sessions).Select(static index => new ModelSession(index))];
    }

    private static CancellationToken Token => CaseContext.Token;

    private Instant Now => Instant.From(_clock.GetUtcNow());

    public async Task<(int Round, string Text)?> PlayAsync(IReadOnlyList<ConcurrentCommand> commands)
    {
        var round = -1;
        var calls = new CrowdCalls();
        try
        {
            foreach (var session in _sessions)
            {
                await _side.Of(session).OpenSessionAsync(session.Row, Token);
            }

            foreach (var group in commands.GroupBy(static command => command.Round))
            {
                round = group.Key;
                calls = new CrowdCalls();
                await (group.First().IsTogether ? TogetherAsync([.. group], calls) : AloneAsync([.. group], calls));
            }

            return null;
        }
        catch (ModelDifferenceException difference)
        {
            return (round, $"{difference.Message}\nafter a round of\n{calls}");
        }
    }

    private async Task AloneAsync(List<ConcurrentCommand> commands, CrowdCalls calls)
    {
        var random = new Random(commands[0].Seed);
        await PassAsync(ModelDraw.Pick(random, ModelDraw.Spans.Take(6).ToList()), random);
        foreach (var command in commands)
        {
            var session = _sessions[command.Session];
            await MakeAsync(Alone(new Random(command.Seed), session), calls);
        }

        Learn(calls);
    }

    private async Task TogetherAsync(List<ConcurrentCommand> commands, CrowdCalls calls)
    {
        var before = await _check.RowsAsync();
        var works = commands
            .GroupBy(command => _sessions[command.Session])
            .Select(group => group.Select(
                (command, index) => Together(new Random(command.Seed), group.Key, mayAdvance: index == 0)).ToList())
            .ToList(); // All is drawn before the first call is made.
        await Threads.RunAsync(works.Select(work => (Func<Task>)(async () =>
        {
            foreach (var call in work)
            {
                await MakeAsync(call, calls);
            }
        })));
        await _check.CheckAsync(before, calls, Now);
        Learn(calls);
        await CollectAsync(new Random(commands[0].Seed));
    }

    /// <summary>Has somebody who lives do what is left: all of it, and nothing else.</summary>
    private async Task CollectAsync(Random random)
    {
        var session = ModelDraw.Pick(random, _sessions);
        if ((await _side.Of(session).HeartbeatAsync(session.Id, [], Token)).Lost)
        {
            session.Renew();
            await _side.Of(session).OpenSessionAsync(session.Row, Token);
        }

        var round = ModelDraw.Maintain(random, session, mayBeSmall: false);
        await _check.MaintainAsync(_side.Of(session), round, Now);
        var request = ModelDraw.Claim(random, session) with { Limit = 1000, Full = true };
        session.Believe(request, await _check.ClaimAsync(_side.Of(session), request, Now));
    }

    private void Learn(CrowdCalls calls)
    {
        foreach (var (session, batch, answer) in calls.Commits)
        {
            _batches.Add(batch);
            foreach (var (operation, one) in batch.Operations.Zip(answer.Answers))
            {
                _check.Note(operation, one);
                if (session.Id == batch.Session)
                {
                    session.Learn(operation, one);
                }
            }
        }

        foreach (var (session, request, answer) in calls.Claims)
        {
            session.Believe(request, answer);
        }
    }

    /// <summary>Lets time pass; who does not beat meanwhile may be dead at its end.</summary>
    private async Task PassAsync(TimeSpan time, Random random)
    {
        var beating = _sessions.Where(_ => random.Next(4) > 0).ToList();
        for (var left = time; left > TimeSpan.Zero; left -= Worker.Interval)
        {
            _clock.Advance(left > Worker.Interval ? Worker.Interval : left);
            foreach (var session in beating)
            {
                await _side.Of(session).HeartbeatAsync(session.Id, [], Token);
            }
        }
    }

    private static async Task MakeAsync(Func<CrowdCalls, Task> call, CrowdCalls calls)
    {
        for (var round = 1; ; round++)
        {
            try
            {
                await call(calls);
                return;
            }
            catch (StoreException exception) when (exception.Kind == StoreErrorKind.RolledBack && round < MostRounds)
            {
                // Again, as the engine does.
            }
            catch (StoreException exception) when (exception.Kind == StoreErrorKind.Deterministic)
            {
                return; // It was refused, and nothing has happened.
            }
        }
    }

    private Func<CrowdCalls, Task> Alone(Random random, ModelSession session) => random.Next(8) switch
    {
        0 or 1 or 2 => Commit(session, [.. _draw.Operations(ModelAction.Settle, random, session)]),
        3 => Commit(session, [.. _draw.Operations(ModelAction.Advance, random, session)]),
        4 or 5 => Commit(session, [.. HandBack(session)]),
        _ => Commit(session, [.. Enumerable.Range(0, 3).SelectMany(
            _ => _draw.Operations(ModelAction.Start, random, session))]),
    };

    /// <summary>
    /// What is called while others call. A session advances once in a round: it learns of the answers behind it, and no
    /// owner writes two things in one place.
    /// </summary>
    private Func<CrowdCalls, Task> Together(Random random, ModelSession session, bool mayAdvance) =>
        random.Next(mayAdvance ? 20 : 14) switch
        {
            0 => Beat(session),
            1 or 2 or 3 => Maintain(random, session),
            4 or 5 or 6 or 7 or 8 or 9 => Claim(random, session),
            10 when _batches.Count > 0 => Commit(session, _batches[^random.Next(1, Math.Min(5, _batches.Count) + 1)]),
            11 or 12 => Commit(session, [.. _draw.Operations(ModelDraw.Pick(random, FromOutside), random, session)]),
            14 or 15 => Commit(session, [.. _draw.Operations(ModelAction.Settle, random, session)]),
            16 => Commit(session, [.. HandBack(session)]),
            17 or 18 => Commit(session, [.. _draw.Batch(random, session)]),
            19 => Commit(session, [.. _draw.Operations(ModelAction.Advance, random, session)]),
            _ => Commit(session, [.. _draw.Operations(ModelAction.Start, random, session)]),
        };

    /// <summary>Hands back all that a session believes to own, so that it is due for everybody.</summary>
    private static IEnumerable<StoreOperation> HandBack(ModelSession session) => session.Beliefs
        .DistinctBy(static belief => belief.Row.Id)
        .Select(static belief => Make.Advance(belief.Row) with
        {
            Settlement = new Settlement.Released { LastSeq = belief.LastSeq },
        });

    private Func<CrowdCalls, Task> Beat(ModelSession session) => async _ =>
        await _side.Of(session).HeartbeatAsync(session.Id, [], Token);

    private Func<CrowdCalls, Task> Claim(Random random, ModelSession session)
    {
        var request = ModelDraw.Claim(random, session);
        return async calls => calls.Claims.Enqueue(
            (session, request, await _side.Of(session).ClaimAsync(request, Token)));
    }

    private Func<CrowdCalls, Task> Maintain(Random random, ModelSession session)
    {
        var request = ModelDraw.Maintain(random, session, mayBeSmall: true);
        return async calls =>
        {
            try
            {
                calls.Rounds.Enqueue((session, request, await _side.Of(session).MaintainAsync(request, Token)));
            }
            catch (StoreException)
            {
                calls.IsUntold = true;
                throw;
            }
        };
    }

    private Func<CrowdCalls, Task> Commit(ModelSession session, IReadOnlyList<StoreOperation> operations) =>
        Commit(session, new CommitBatch(session.Id, operations));

    private Func<CrowdCalls, Task> Commit(ModelSession session, CommitBatch batch) => async calls =>
        calls.Commits.Enqueue((session, batch, await _side.Of(session).CommitAsync(batch, Token)));
}

using System.Diagnostics;
using System.Globalization;

namespace Hydra.Simulation.Programs;

/// <summary>
/// Runs a program as a workflow. All that it sees flows into a digest, the digest into the inputs of later steps and
/// into the output: what two runs saw in a different order ends differently.
/// </summary>
internal sealed class Interpreter(WorkflowContext context, IProgramHost host)
{
    private ulong _seen = 14695981039346656037;
    private long _last;

    public async Task<string> RunAsync(Node program)
    {
        if (host.RunsOtherCode)
        {
            return "nothing";
        }

        await EvalAsync(program);
        return _seen.ToString("x16", CultureInfo.InvariantCulture);
    }

    private async Task EvalAsync(Node node)
    {
        switch (node)
        {
            case Node.Step step:
                SeeResult(await Call(step.Plan));
                break;
            case Node.Sleep sleep:
                await Sleep(sleep.Duration);
                See(2);
                break;
            case Node.Yield:
                await Task.Yield();
                See(3);
                break;
            case Node.Foreign foreign:
                await host.ForeignAsync(foreign.Duration, foreign.TakesToken ? context.CancellationToken : default);
                See(9);
                break;
            case Node.Sequence sequence:
                foreach (var part in sequence.Parts)
                {
                    await EvalAsync(part);
                }

                break;
            case Node.Parallel parallel:
                await Task.WhenAll(Array.ConvertAll(parallel.Branches, EvalAsync));
                See(4);
                break;
            case Node.AllSteps all:
                SeeResults(await Task.WhenAll(Array.ConvertAll(all.Plans, plan => Call(plan))));
                break;
            case Node.Race race:
                await RaceAsync(race);
                break;
            case Node.AnyStep any:
                await AnyStepAsync(any);
                break;
            case Node.Each each:
                await EachAsync(each);
                break;
            case Node.Loop loop:
                for (var i = 0; i < loop.Times; i++)
                {
                    await EvalAsync(loop.Body);
                }

                break;
            case Node.Choice choice:
                await EvalAsync(_last % 2 == 0 ? choice.Even : choice.Odd);
                break;
            case Node.Try guarded:
                await TryAsync(guarded);
                break;
            case Node.Cleanup guarded:
                await CleanUpAsync(guarded);
                break;
            case Node.Throw refusal:
                ThrowWhenOdd(refusal);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private Task<long> Call(StepPlan plan, CancellationToken withdraw = default)
    {
        var given = new Given(
            _seen,
            plan.TakesTime ? context.UtcNow : null,
            plan.TakesChance ? context.NewGuid() : null,
            plan.TakesChance ? context.Random.Next(100) : null);
        var call = plan.IsTransactional
            ? context.TransactionAsync(
                plan.Name,
                given,
                (transaction, value, token) => host.RunBodyAsync(plan, transaction, value, token),
                new() { Key = plan.Options.Key, Retry = plan.Options.Retry, Timeout = plan.Options.Timeout },
                withdraw)
            : context.StepAsync(
                plan.Name, given, (value, token) => host.RunBodyAsync(plan, value, token), plan.Options, withdraw);
        host.Issued();
        return call;
    }

    private Task Sleep(TimeSpan duration, CancellationToken withdraw = default)
    {
        var sleep = context.SleepAsync(duration, withdraw);
        host.Issued();
        return sleep;
    }

    private async Task RaceAsync(Node.Race race)
    {
        var branches = Array.ConvertAll(race.Branches, EvalAsync);
        var won = await Task.WhenAny(branches);
        See((ulong)Array.IndexOf(branches, won));
        if (race.ThenAll)
        {
            try
            {
                await Task.WhenAll(branches);
            }
            catch (StepFailedException e)
            {
                SeeFailure(e);
            }
        }

        await won;
    }

    private async Task AnyStepAsync(Node.AnyStep any)
    {
        using var withdraw = new CancellationTokenSource();
        var token = any.Losers == Losers.Withdrawn ? withdraw.Token : CancellationToken.None;
        List<Task> calls = [.. any.Plans.Select(plan => Call(plan, token))];
        if (any.Alarm is { } duration)
        {
            calls.Add(Sleep(duration, token));
        }

        var won = await Task.WhenAny(calls);
        See((ulong)calls.IndexOf(won));
        if (any.Losers == Losers.Withdrawn)
        {
            withdraw.Cancel();
            See((ulong)calls.Count(call => call.IsCanceled));
        }

        if (any.Losers == Losers.Awaited)
        {
            await Task.WhenAll(calls);
        }

        await won;
        if (won is Task<long> step)
        {
            SeeResult(await step);
        }
    }

    private async Task EachAsync(Node.Each each)
    {
        List<Task> calls = [.. each.Plans.Select(plan => Call(plan)), Sleep(each.Alarm)];
        await foreach (var done in context.WhenEach(calls))
        {
            See((ulong)calls.IndexOf(done));
            await done;
        }
    }

    private async Task TryAsync(Node.Try guarded)
    {
        try
        {
            await EvalAsync(guarded.Body);
            return;
        }
        catch (StepFailedException e)
        {
            SeeFailure(e);
        }

        await EvalAsync(guarded.Fallback);
    }

    private async Task CleanUpAsync(Node.Cleanup guarded)
    {
        try
        {
            await EvalAsync(guarded.Body);
        }
        catch (OperationCanceledException e) when (context.CancellationToken.IsCancellationRequested)
        {
            See(e is WorkflowTimedOutException ? 5u : 6u);
            await EvalAsync(guarded.Compensation);
            if (!guarded.GoesOn)
            {
                throw;
            }
        }
    }

    private void ThrowWhenOdd(Node.Throw refusal)
    {
        See(7);
        if (context.UtcNow.Ticks / 10 % 2 == 0)
        {
            return;
        }

        throw refusal.NonRetryable ? new SimulatedRefusal("refused") : new SimulatedFailure("thrown");
    }

    private void SeeResults(long[] results)
    {
        foreach (var result in results)
        {
            SeeResult(result);
        }
    }

    private void SeeResult(long result)
    {
        _last = result;
        See(1);
        See((ulong)result);
        See((ulong)context.UtcNow.Ticks);
    }

    private void SeeFailure(StepFailedException e)
    {
        See(8);
        foreach (var letter in e.StepKey.AsSpan())
        {
            See(letter);
        }

        foreach (var letter in e.Failure.Message.AsSpan())
        {
            See(letter);
        }
    }

    private void See(ulong what) => _seen = (ulong.RotateLeft(_seen, 19) ^ what) * 1099511628211;
}

using Hydra.Engine.Replay;
using Hydra.Simulation.Checks;
using Hydra.Simulation.Programs;

namespace Hydra.Simulation.Worlds;

/// <summary>Runs a program in a process, and tells the oracle what its code and its bodies do.</summary>
internal sealed class LiveHost(
    Scenario scenario, SimulatedProcess process, ExecutionId id, bool mismatches) : IProgramHost
{
    public bool RunsOtherCode => mismatches && ((TurnLoop)SynchronizationContext.Current!).IsReplaying;

    public void Issued()
    {
        var loop = (TurnLoop)SynchronizationContext.Current!;
        scenario.Oracle.Find(id)?.Issues.Add(IssuedCall.Of(loop.Calls.Outstanding.Last(), loop.Epoch));
    }

    public async Task<long> RunBodyAsync(StepPlan plan, Given given, CancellationToken token)
    {
        var step = StepContext.Current!;
        var record = scenario.Oracle.Begin(process, step, Replayer.Serializer.Write(given, plan.Name));
        record.AtMostOnce = plan.Options.AtMostOnce;
        if (plan.KillsProcess)
        {
            scenario.KillInBody(process);
        }

        await WaitAsync(plan, token);
        (record.Ended, record.EndedAt) = (process.World.NextOrder(), process.World.Now);
        if (step.Attempt <= plan.FailsThrough)
        {
            var message = $"{step.StepKey} failed in attempt {step.Attempt} under {process.World.Chance.Below(100)}";
            throw plan.NonRetryable ? new SimulatedRefusal(message) : new SimulatedFailure(message);
        }

        var value = (long)(process.World.Chance.Next() >> 40);
        record.Value = value;
        return value;
    }

    private async Task WaitAsync(StepPlan plan, CancellationToken token)
    {
        try
        {
            if (plan.Duration > TimeSpan.Zero)
            {
                await Task.Delay(plan.Duration, process.Time, plan.IgnoresToken ? CancellationToken.None : token);
            }
        }
        catch (OperationCanceledException)
        {
            throw new SimulatedCancellation(token);
        }
    }
}

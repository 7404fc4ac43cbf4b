using System.Data.Common;
using Hydra.Engine.Replay;
using Hydra.Simulation.Checks;
using Hydra.Simulation.Programs;

namespace Hydra.Simulation.Worlds;

/// <summary>Runs a program in a process, and tells the oracle what its code and its bodies do.</summary>
internal sealed class LiveHost(
    Scenario scenario, SimulatedProcess process, ExecutionId id, bool mismatches) : IProgramHost
{
    /// <summary>The loop that begins the code; behind something foreign another context is current.</summary>
    private readonly TurnLoop _loop = (TurnLoop)SynchronizationContext.Current!;

    public bool RunsOtherCode => mismatches && _loop.IsReplaying;

    public void Issued() =>
        scenario.Oracle.Find(id)?.Issues.Add(IssuedCall.Of(_loop.Calls.Outstanding.Last(), _loop.Epoch));

    public Task ForeignAsync(TimeSpan duration, CancellationToken token) =>
        Task.Delay(duration, process.Time, token);

    public Task<long> RunBodyAsync(StepPlan plan, Given given, CancellationToken token) =>
        RunBodyAsync(plan, Begin(plan, given), token);

    public async Task<long> RunBodyAsync(
        StepPlan plan, DbTransaction transaction, Given given, CancellationToken token)
    {
        var record = Begin(plan, given);
        record.IsTransactional = true;
        var value = await RunBodyAsync(plan, record, token);
        ((SimulatedTransaction)transaction).Written.Add(new LedgerEntry(record.Execution, record.Key, value));
        return value;
    }

    private BodyRecord Begin(StepPlan plan, Given given)
    {
        var record = scenario.Oracle.Begin(
            process, StepContext.Current!, Replayer.Serializer.Write(given, plan.Name));
        record.AtMostOnce = plan.Options.AtMostOnce && !plan.IsTransactional;
        return record;
    }

    private async Task<long> RunBodyAsync(StepPlan plan, BodyRecord record, CancellationToken token)
    {
        if (plan.KillsProcess)
        {
            scenario.KillInBody(process);
        }

        await WaitAsync(plan, token);
        (record.Ended, record.EndedAt) = (process.World.NextOrder(), process.World.Now);
        if (record.Attempt <= plan.FailsThrough)
        {
            var message = $"{record.Key} failed in attempt {record.Attempt} under {process.World.Chance.Below(100)}";
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

using Hydra.Simulation.Checks;

namespace Hydra.Simulation.Worlds;

/// <content>Operators who terminate executions, and others who want them tried again at once.</content>
internal sealed partial class Scenario
{
    private void PlanRepairs()
    {
        Plan(Chance.OneIn(4) ? Chance.Between(1, 2) : 0, machine => Repair(machine, TerminateAsync));
        Plan(Chance.OneIn(2) ? Chance.Between(1, 4) : 0, machine => Repair(machine, RetryAsync));
    }

    private void Repair(Machine machine, Func<Machine, ShadowExecution, Task> repair)
    {
        if (machine.IsUp && Oracle.Executions.Count > 0)
        {
            var shadow = Oracle.Executions[Chance.Below(Oracle.Executions.Count)];
            _ = machine.Process!.Enter(() => repair(machine, shadow));
        }
    }

    private async Task TerminateAsync(Machine machine, ShadowExecution shadow)
    {
        try
        {
            var outcome = await machine.Engine!.Client.Execution(shadow.Id).TerminateAsync("It was planned.");
            World.Trace(machine.Process!.Name, $"terminated {Oracle.Short(shadow.Id)}: {outcome}");
            Statistics.Terminations += outcome == TerminateOutcome.Terminated ? 1 : 0;
            if (!shadow.IsTerminal)
            {
                World.Fail($"S9: execution {shadow.Id} was terminated, and yet it is {shadow.Row!.State}.");
            }
        }
        catch (StoreException)
        {
            // Unknown or refused: either is fine while the database is not.
        }
    }

    private async Task RetryAsync(Machine machine, ShadowExecution shadow)
    {
        try
        {
            var outcome = await machine.Engine!.Client.Execution(shadow.Id).RetryAsync();
            World.Trace(machine.Process!.Name, $"retried {Oracle.Short(shadow.Id)}: {outcome}");
            Statistics.Retries += outcome == RetryOutcome.Due ? 1 : 0;
        }
        catch (StoreException)
        {
            // The same.
        }
    }
}

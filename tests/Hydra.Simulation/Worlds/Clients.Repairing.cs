using Hydra.Simulation.Checks;

namespace Hydra.Simulation.Worlds;

/// <content>Operators who terminate executions, and others who want them tried again at once.</content>
internal sealed partial class Clients
{
    public void Terminate(Machine machine, ShadowExecution shadow) => Repair(machine, shadow, TerminateAsync);

    public void Retry(Machine machine, ShadowExecution shadow) => Repair(machine, shadow, RetryAsync);

    private static void Repair(Machine machine, ShadowExecution shadow, Func<Machine, ShadowExecution, Task> repair)
    {
        if (machine.IsUp)
        {
            _ = machine.Process!.Enter(() => repair(machine, shadow));
        }
    }

    private async Task TerminateAsync(Machine machine, ShadowExecution shadow)
    {
        try
        {
            var outcome = await machine.Engine!.Client.Execution(shadow.Id).TerminateAsync("It was planned.");
            scenario.World.Trace(machine.Process!.Name, $"terminated {Oracle.Short(shadow.Id)}: {outcome}");
            scenario.Statistics.Terminations += outcome == TerminateOutcome.Terminated ? 1 : 0;
            if (!shadow.IsTerminal)
            {
                scenario.World.Fail($"S9: execution {shadow.Id} was terminated, and yet it is {shadow.Row!.State}.");
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
            scenario.World.Trace(machine.Process!.Name, $"retried {Oracle.Short(shadow.Id)}: {outcome}");
            scenario.Statistics.Retries += outcome == RetryOutcome.Due ? 1 : 0;
        }
        catch (StoreException)
        {
            // The same.
        }
    }
}

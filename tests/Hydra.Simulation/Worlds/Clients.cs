using Hydra.Simulation.Checks;
using Hydra.Simulation.Programs;

namespace Hydra.Simulation.Worlds;

/// <summary>What clients do: they start executions, wait for their ends, and cancel them.</summary>
internal sealed partial class Clients(Scenario scenario)
{
    /// <summary>Starts that have not reached a process yet.</summary>
    public int RequestsLeft { get; private set; }

    private Chance Chance => scenario.Chance;

    public void StartLater(StartRequest request)
    {
        RequestsLeft++;
        scenario.World.Schedule(request.At, () => Dispatch(request));
    }

    public void Cancel(Machine machine, ShadowExecution shadow)
    {
        if (machine.IsUp)
        {
            _ = machine.Process!.Enter(() => CancelAsync(machine, shadow));
        }
    }

    private void Dispatch(StartRequest request)
    {
        var machine = scenario.Machines[request.Machine];
        if (!machine.IsUp)
        {
            var again = TimeSpan.FromMilliseconds(Chance.Between(100, 500));
            scenario.World.Schedule(again, () => Dispatch(request));
            return;
        }

        RequestsLeft--;
        var call = new ClientCall
        {
            Process = machine.Process!,
            Request = request,
            SentAt = scenario.World.Now,
            Input = Replayer.Serializer.Write(new ProgramInput(request.Program), "input"),
        };
        scenario.Oracle.Calls.Add(call);
        _ = machine.Process!.Enter(() => StartAsync(machine, call));
    }

    private async Task StartAsync(Machine machine, ClientCall call)
    {
        var handle = await TryStartAsync(machine, call);
        if (scenario.Faults.IsOnlyLocks)
        {
            scenario.Locks.Answered(call.Request.Options.Key, call.SentAt);
        }

        if (handle is not null && call.Request.Follows)
        {
            await FollowAsync(machine, call, handle.Id);
        }
    }

    private async Task<ExecutionHandle?> TryStartAsync(Machine machine, ClientCall call)
    {
        try
        {
            var handle = await machine.Engine!.Client.StartAsync(
                scenario.Programs[call.Request.Program].Workflow, call.Input, call.Request.Options);
            call.Id = handle.Id;
            return handle;
        }
        catch (StartConflictException)
        {
            call.IsConflict = true;
            return null;
        }
        catch (StoreException e)
        {
            call.Failed = e.Kind;
            return null;
        }
    }

    private async Task FollowAsync(Machine machine, ClientCall call, ExecutionId id)
    {
        call.Follows = true;
        try
        {
            var output = await machine.Engine!.Client.OutputAsync(id, CancellationToken.None);
            call.Result = (ExecutionState.Completed, output);
            scenario.Oracle.Heard(id, ExecutionState.Completed);
        }
        catch (WorkflowFailedException e)
        {
            call.Result = (e.State, default);
            scenario.Oracle.Heard(id, e.State);
        }
        catch (Exception e) when (e is StoreException or InvalidOperationException)
        {
            call.Follows = false;
        }
    }

    private async Task CancelAsync(Machine machine, ShadowExecution shadow)
    {
        try
        {
            var outcome = await machine.Engine!.Client.CancelAsync(shadow.Id, CancellationToken.None);
            scenario.World.Trace(machine.Process!.Name, $"cancelled {Oracle.Short(shadow.Id)}: {outcome}");
            scenario.Statistics.Cancels++;
            if (outcome == CancelOutcome.Requested)
            {
                shadow.CancelledInEpoch ??= shadow.Row!.Epoch;
            }
        }
        catch (StoreException)
        {
            // Unknown or refused: either is fine while the database is not.
        }
    }
}

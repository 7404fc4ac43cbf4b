using Hydra.Engine.Observing;
using Hydra.Storage;

namespace Hydra.Engine.Workers;

/// <content>What others see of the worker: how busy it is, and whether its loops live.</content>
internal sealed partial class Worker
{
    private readonly LoopPulse _claimPulse;
    private readonly LoopPulse _maintenancePulse;
    private readonly LoopPulse _beatPulse;
    private readonly LoopPulse _tickPulse;
    private readonly LoopPulse? _firePulse; // Of what there is: not every worker has schedules, or deletes.
    private readonly LoopPulse? _prunePulse;

    /// <summary>How many executions it runs at most.</summary>
    public int Capacity => _slots.Capacity;

    /// <summary>The workflows that it runs, by the names that new executions get.</summary>
    public IEnumerable<string> Workflows => _registry.Names.Where(name => _registry.Find(name)!.Name == name);

    /// <summary>The loops that have not gone round for far too long.</summary>
    public IEnumerable<string> DeadLoops =>
        new[] { _claimPulse, _maintenancePulse, _beatPulse, _tickPulse, _firePulse, _prunePulse }
            .Where(static pulse => pulse?.IsAlive == false)
            .Select(static pulse => pulse!.Loop);

    /// <summary>Whether it has a session whose lease has not ended, as far as it knows.</summary>
    public bool HoldsLease => _session?.Services.Lease.Holds == true;

    /// <summary>How many executions of each workflow run here; those of which none runs are told as well.</summary>
    public Dictionary<string, int> CountActive()
    {
        var counts = Workflows.ToDictionary(static workflow => workflow, static _ => 0);
        foreach (var (_, activation) in _session?.Activations ?? [])
        {
            counts[activation.Workflow] = counts.GetValueOrDefault(activation.Workflow) + 1;
        }

        return counts;
    }

    private void BeginPulses()
    {
        _claimPulse.Beat();
        _maintenancePulse.Beat();
        _beatPulse.Beat();
        _tickPulse.Beat();
        _firePulse?.Beat();
        _prunePulse?.Beat();
    }

    private void Count(MaintenanceAnswer answer)
    {
        if (answer.Released.Count > 0)
        {
            _log.Swept(answer.Released.Count, answer.Quarantined.Count);
            _metrics.Recovered(answer.Released.Count);
        }

        if (answer.TimedOut.Count > 0)
        {
            _log.TimedOut(answer.TimedOut.Count);
        }
    }

    /// <summary>Counts what maintenance has ended, which takes a look at it; nobody waits for that.</summary>
    private async Task CountEndsAsync(IReadOnlyList<ExecutionId> ended)
    {
        foreach (var id in _metrics.CountsEnds ? ended : [])
        {
            await _metrics.CountEndAsync(id, _store.Queries);
        }
    }
}

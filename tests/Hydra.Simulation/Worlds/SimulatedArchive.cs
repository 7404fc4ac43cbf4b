namespace Hydra.Simulation.Worlds;

/// <summary>Where a process puts what it is about to delete: it is there once the process has flushed.</summary>
internal sealed class SimulatedArchive(Scenario scenario) : IExecutionArchive
{
    private readonly List<ExecutionId> _appended = [];

    public Task AppendAsync(ExecutionDetails execution, CancellationToken cancellationToken)
    {
        _appended.Add(execution.Row.Id);
        return Task.CompletedTask;
    }

    public Task FlushAsync(CancellationToken cancellationToken)
    {
        scenario.Oracle.Archived.UnionWith(_appended);
        _appended.Clear();
        return Task.CompletedTask;
    }
}

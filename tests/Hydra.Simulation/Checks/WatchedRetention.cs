using Hydra.Simulation.Worlds;
using Hydra.Storage;

namespace Hydra.Simulation.Checks;

/// <summary>Lets nothing be deleted but what has ended long enough ago and is archived.</summary>
internal sealed class WatchedRetention(Scenario scenario, IRetentionStore inner) : IRetentionStore
{
    public Task<EndedPage> ListEndedAsync(
        ExecutionId? after, ExecutionId before, int limit, CancellationToken cancellationToken) =>
        inner.ListEndedAsync(after, before, limit, cancellationToken);

    public async Task<IReadOnlyList<ExecutionId>> DeleteAsync(
        IReadOnlyList<EndedRow> executions, CancellationToken cancellationToken)
    {
        var now = scenario.DatabaseNow;
        var deleted = await inner.DeleteAsync(executions, cancellationToken);
        foreach (var id in deleted)
        {
            var row = scenario.Oracle.Find(id)!.Row!;
            if (!(row.FinishedAt?.Plus(Scenario.KeptFor) <= now) || !scenario.Oracle.Archived.Contains(id))
            {
                scenario.World.Fail($"S1: execution {id}, which is {row.State}, ended "
                    + $"{row.FinishedAt?.ToDateTimeOffset():O}, and is "
                    + $"{(scenario.Oracle.Archived.Contains(id) ? "" : "not ")}archived, was deleted.");
            }
        }

        scenario.Oracle.Deleted += deleted.Count;
        return deleted;
    }
}

using Hydra.Memory;
using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

/// <summary>
/// Which executions a call that chooses them itself would change, were it made now: it is made, and undone.
/// </summary>
internal static class WouldBe
{
    /// <summary>What a claim would take.</summary>
    public static IReadOnlyList<ExecutionId> Claimed(Scenario scenario, ClaimRequest request) => scenario.Database.Read(
        scenario.Tables,
        request with { CachedThrough = static _ => Settlement.Unknown },
        static (tables, request, now) =>
        {
            tables.Begin();
            ExecutionId[] ids = [.. Claiming.Claim(tables, request, now).Executions.Select(one => one.Row.Id)];
            tables.Rollback();
            return ids;
        });

    /// <summary>What a round of maintenance would take back, end and free.</summary>
    public static IReadOnlyList<ExecutionId> Maintained(Scenario scenario, MaintenanceRequest request) =>
        scenario.Database.Read(scenario.Tables, request, static (tables, request, now) =>
        {
            var sessions = tables.Sessions.Values.ToArray();
            tables.Begin();
            var answer = Maintaining.Maintain(tables, request, now);
            tables.Rollback();
            foreach (var swept in sessions)
            {
                tables.Sessions.TryAdd(swept.Id.Value, swept);
            }

            return (ExecutionId[])[.. answer.Released, .. answer.TimedOut, .. answer.Unblocked];
        });
}

using Hydra.Engine.Observing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hydra.AspNetCore.Health;

/// <summary>Whether the engine is ready, for the health checks of ASP.NET Core.</summary>
internal sealed class HydraHealthCheck(HydraEngine engine) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var findings = await engine.CheckReadyAsync(cancellationToken);
        var bad = findings.Where(static finding => !finding.IsGood).ToList();
        if (bad.Count > 0)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, Say(bad));
        }

        var warnings = findings.Where(static finding => finding.Detail is not null).ToList();
        return warnings.Count == 0
            ? HealthCheckResult.Healthy("The engine is ready.")
            : HealthCheckResult.Degraded($"The engine is ready. {Say(warnings)}");
    }

    private static string Say(IEnumerable<HealthFinding> findings) =>
        string.Join(' ', findings.Select(static finding => $"{finding.Check}: {finding.Detail}"));
}

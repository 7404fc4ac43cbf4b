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
        return bad.Count == 0
            ? HealthCheckResult.Healthy("The engine is ready.")
            : new HealthCheckResult(
                context.Registration.FailureStatus,
                string.Join(' ', bad.Select(static finding => $"{finding.Check}: {finding.Detail}")));
    }
}

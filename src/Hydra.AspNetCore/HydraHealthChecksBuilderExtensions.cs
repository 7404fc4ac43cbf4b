using Hydra;
using Hydra.AspNetCore.Health;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the engine to the health checks of ASP.NET Core.</summary>
public static class HydraHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check that is healthy while the engine is ready for work, as MapHydraHealth's /ready, and degraded while
    /// it is but a schedule that it declares cannot be read. It needs AddHydra.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the check. The default is "hydra".</param>
    /// <param name="failureStatus">What it is when the engine is not ready. By default unhealthy.</param>
    /// <param name="tags">Tags to choose checks by. By default none.</param>
    public static IHealthChecksBuilder AddHydra(
        this IHealthChecksBuilder builder,
        string name = "hydra",
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(name);
        return builder.Add(new HealthCheckRegistration(
            name,
            static services => new HydraHealthCheck(services.GetRequiredService<HydraEngine>()),
            failureStatus,
            tags));
    }
}

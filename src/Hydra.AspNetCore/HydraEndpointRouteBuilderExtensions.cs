using Hydra;
using Hydra.AspNetCore.Health;
using Hydra.AspNetCore.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps what tools ask a process with an engine: is it alive, is it ready, how is it doing.</summary>
/// <remarks>
/// Everything answers GET and HEAD without authorization unless the conventions that are returned say otherwise, as
/// with RequireHost or RequireAuthorization. No payload, key or connection string is ever in an answer.
/// </remarks>
public static class HydraEndpointRouteBuilderExtensions
{
    private static readonly string[] Methods = ["GET", "HEAD"];

    /// <summary>Maps /health, /ready and /metrics.</summary>
    /// <param name="endpoints">Where to.</param>
    /// <returns>Conventions for all three.</returns>
    /// <exception cref="InvalidOperationException">AddHydra was not called.</exception>
    public static IEndpointConventionBuilder MapHydra(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var group = endpoints.MapGroup("");
        group.MapHydraHealth();
        group.MapHydraMetrics();
        return group;
    }

    /// <summary>Maps whether the process is alive, and whether it is ready for work.</summary>
    /// <remarks>
    /// Alive (200, or 503 and then it should be restarted) are the engine's loops, whatever the database does. Ready
    /// (200 or 503) is an engine that is open and not shutting down, whose database answers within two seconds and has
    /// the schema, and whose worker holds its lease. The answers are JSON and name the checks that failed. As soon as
    /// the host stops nothing is ready any more, while requests are still answered.
    /// </remarks>
    /// <param name="endpoints">Where to.</param>
    /// <param name="health">The path that tells whether it is alive. The default is "/health".</param>
    /// <param name="ready">The path that tells whether it is ready. The default is "/ready".</param>
    /// <returns>Conventions for both.</returns>
    /// <exception cref="InvalidOperationException">AddHydra was not called.</exception>
    public static IEndpointConventionBuilder MapHydraHealth(
        this IEndpointRouteBuilder endpoints, string health = "/health", string ready = "/ready")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(health);
        ArgumentNullException.ThrowIfNull(ready);
        EnsureAdded(endpoints);
        var group = endpoints.MapGroup("");
        Map(group, health, HealthEndpoints.HealthAsync, "Hydra health");
        Map(group, ready, HealthEndpoints.ReadyAsync, "Hydra readiness");
        return group;
    }

    /// <summary>Maps the engine's metrics in the text format of Prometheus, 0.0.4.</summary>
    /// <remarks>
    /// They are counted from this call on, so make it before the host starts. Whoever asks makes the engine count what
    /// is due in the database, at most once a second. Metrics of other meters are not here: OpenTelemetry has those.
    /// </remarks>
    /// <param name="endpoints">Where to.</param>
    /// <param name="pattern">The path. The default is "/metrics".</param>
    /// <returns>Conventions for the endpoint.</returns>
    /// <exception cref="InvalidOperationException">AddHydra was not called.</exception>
    public static IEndpointConventionBuilder MapHydraMetrics(
        this IEndpointRouteBuilder endpoints, string pattern = "/metrics")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        EnsureAdded(endpoints);
        var endpoint = MetricsEndpoint.Create(endpoints.ServiceProvider);
        return Map(endpoints, pattern, endpoint.WriteAsync, "Hydra metrics");
    }

    /// <remarks>With a RequestDelegate, which needs no code at run time to be called.</remarks>
    private static IEndpointConventionBuilder Map(
        IEndpointRouteBuilder endpoints, string pattern, RequestDelegate handle, string name) =>
        endpoints.MapMethods(pattern, Methods, handle).WithDisplayName(name);

    private static void EnsureAdded(IEndpointRouteBuilder endpoints)
    {
        if (endpoints.ServiceProvider.GetService<IServiceProviderIsService>()?.IsService(typeof(HydraEngine)) == false)
        {
            throw new InvalidOperationException("There is no engine: call builder.Services.AddHydra(...) first.");
        }
    }
}

using Hydra;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Hydra to a host.</summary>
public static class HydraServiceCollectionExtensions
{
    /// <summary>
    /// Adds an engine that opens and closes with the host, and <see cref="IHydraClient"/> to the services.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Says where executions are kept and what runs.</param>
    /// <exception cref="ArgumentException">An option is missing, out of range or contradicts another.</exception>
    /// <exception cref="InvalidOperationException">An engine was added before.</exception>
    public static IServiceCollection AddHydra(this IServiceCollection services, Action<HydraBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        if (services.Any(service => service.ServiceType == typeof(HydraEngine)))
        {
            throw new InvalidOperationException("AddHydra was called before: a host has one engine.");
        }

        var builder = new HydraBuilder();
        configure(builder);
        builder.Validate();
        services.AddSingleton(provider =>
        {
            builder.Services = provider;
            builder.LoggerFactory = provider.GetRequiredService<ILoggerFactory>();
            return HydraEngine.Create(builder);
        });
        services.TryAddSingleton(provider => provider.GetRequiredService<HydraEngine>().Client);
        services.AddHostedService<HydraHostedService>();
        return services;
    }
}

using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Hydra;

/// <summary>
/// What the constructor of a workflow class asks of the services, checked when the engine opens: later it would fail
/// one execution after the other.
/// </summary>
internal sealed class NeededServices(Type workflow, string name, ConstructorInfo? constructor)
{
    /// <summary>The durable name of the workflow.</summary>
    public string Workflow => name;

    /// <summary>The constructor that ActivatorUtilities takes when it is given no arguments.</summary>
    public static ConstructorInfo? Choose(ConstructorInfo[] constructors) =>
        Array.Find(constructors, static one => one.IsDefined(typeof(ActivatorUtilitiesConstructorAttribute), false))
        ?? (constructors is [var only] ? only : null);

    /// <exception cref="InvalidOperationException">A service is not registered; the message says which.</exception>
    public void Check(IServiceProvider services)
    {
        foreach (var parameter in constructor?.GetParameters() ?? [])
        {
            if (!parameter.HasDefaultValue && !MayBeThere(services, parameter))
            {
                throw new InvalidOperationException(
                    $"The workflow '{name}' needs the service {parameter.ParameterType.Name} ('{parameter.Name}' of "
                    + $"the constructor of {workflow.Name}), which {Missing(services)}, or pass AddWorkflow a "
                    + "function that makes the workflow. Nothing was opened.");
            }
        }
    }

    /// <summary>Not every container can tell; what it cannot tell is found out when the workflow is made.</summary>
    private static bool MayBeThere(IServiceProvider services, ParameterInfo parameter)
    {
        if (services is NoServices)
        {
            return false;
        }

        return parameter.GetCustomAttribute<FromKeyedServicesAttribute>() is { } keyed
            ? services.GetService<IServiceProviderIsKeyedService>()?.IsKeyedService(
                parameter.ParameterType, keyed.Key) ?? true
            : services.GetService<IServiceProviderIsService>()?.IsService(parameter.ParameterType) ?? true;
    }

    private static string Missing(IServiceProvider services) => services is NoServices
        ? "this engine without services cannot give it. Set HydraBuilder.Services, use AddHydra in a host"
        : "is not registered. Register it with the services of the host";
}

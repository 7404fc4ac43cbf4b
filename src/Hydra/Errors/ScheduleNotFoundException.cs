namespace Hydra;

/// <summary>There is no schedule of a name in the namespace.</summary>
/// <param name="name">The name that was asked for.</param>
/// <param name="namespace">The namespace that was searched.</param>
public sealed class ScheduleNotFoundException(string name, string @namespace) : HydraException(
    $"There is no schedule '{name}' in namespace '{@namespace}'.")
{
    /// <summary>The name that was asked for.</summary>
    public string Name { get; } = name;
}

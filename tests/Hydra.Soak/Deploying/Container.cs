namespace Hydra.Soak.Deploying;

/// <summary>What a file of deploy/ says about one container, which a plain process can do as well.</summary>
/// <param name="Command">The program and its arguments.</param>
/// <param name="Environment">Its variables, as they are set.</param>
/// <param name="Grace">How long it has to end when it is asked to.</param>
internal sealed record Container(
    IReadOnlyList<string> Command, IReadOnlyDictionary<string, string> Environment, TimeSpan Grace)
{
    /// <summary>The paths that answer whether it is well, at the port it listens on.</summary>
    public IReadOnlyList<string> Probes { get; init; } = [];

    /// <summary>A command that answers it too; null when there is none.</summary>
    public IReadOnlyList<string>? ProbeCommand { get; init; }
}

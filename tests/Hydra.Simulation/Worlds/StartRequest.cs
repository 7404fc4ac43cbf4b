namespace Hydra.Simulation.Worlds;

/// <summary>A start that a scenario asks some process for.</summary>
internal sealed record StartRequest
{
    public required TimeSpan At { get; init; }

    /// <summary>Which of the world's programs is run.</summary>
    public required int Program { get; init; }

    public required StartOptions Options { get; init; }

    /// <summary>On which machine the client is.</summary>
    public required int Machine { get; init; }

    /// <summary>Whether the client waits for the result.</summary>
    public required bool Follows { get; init; }
}

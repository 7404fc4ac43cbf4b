namespace Hydra.Engine.Running;

/// <summary>A second has passed: bodies that still run get a row that says so.</summary>
internal sealed record BodyTick
{
    public static BodyTick Instance { get; } = new();
}

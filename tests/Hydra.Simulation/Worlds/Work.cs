namespace Hydra.Simulation.Worlds;

/// <summary>A piece of work: of a process, whose life and death it shares, or of the world around them.</summary>
internal readonly record struct Work(SimulatedProcess? Process, SendOrPostCallback Callback, object? State);

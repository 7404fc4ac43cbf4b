namespace Hydra.Simulation.Programs;

/// <summary>The input of every step: a digest of all that the workflow has seen, and what it may ask for.</summary>
internal sealed record Given(ulong Seen, DateTimeOffset? Time = null, Guid? Id = null, int? Number = null);

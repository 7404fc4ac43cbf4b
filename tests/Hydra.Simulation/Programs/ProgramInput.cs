namespace Hydra.Simulation.Programs;

/// <summary>The input of every execution: which of the world's programs it runs.</summary>
internal sealed record ProgramInput(int Program);

namespace Hydra.Soak.Support;

/// <summary>What a program has left behind.</summary>
internal sealed record ProgramResult(int Code, string Output, string Error);

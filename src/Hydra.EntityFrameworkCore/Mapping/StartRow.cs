namespace Hydra.EntityFrameworkCore.Mapping;

/// <summary>A start as its columns read it.</summary>
/// <param name="Namespace">The namespace of the engine.</param>
/// <param name="Execution">The execution that it makes.</param>
/// <param name="Input">The first entry of its journal.</param>
internal sealed record StartRow(string Namespace, ExecutionRow Execution, JournalEntry Input);

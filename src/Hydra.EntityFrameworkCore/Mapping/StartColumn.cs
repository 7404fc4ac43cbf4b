namespace Hydra.EntityFrameworkCore.Mapping;

/// <summary>A column that a start fills.</summary>
/// <param name="Name">Its name in the database.</param>
/// <param name="Type">What it is in .NET; the provider finds the type of its database.</param>
/// <param name="Read">What a start puts there.</param>
internal sealed record StartColumn(string Name, Type Type, Func<StartRow, object?> Read);

namespace Hydra.Cli.Commands;

/// <summary>A column of a listing.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Rank">When there is no room, the highest rank is left out first; 0 stays.</param>
/// <param name="Shrinks">Whether its cells may be cut off before columns are left out.</param>
/// <param name="IsNumber">Whether its cells stand at the right.</param>
internal sealed record Column(string Title, int Rank = 0, bool Shrinks = false, bool IsNumber = false);

namespace Hydra.Engine.Scheduling;

/// <summary>What tells what is declared in code from other declarations of the same schedule.</summary>
/// <param name="Fingerprint">Its text, as it is written.</param>
/// <param name="Older">The same with other keys of the ring, and from before there was one.</param>
internal sealed record Declaration(string Fingerprint, IReadOnlyList<string> Older);

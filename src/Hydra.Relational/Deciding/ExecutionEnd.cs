namespace Hydra.Relational.Deciding;

/// <summary>What the last entry of an ended execution tells about who ended it.</summary>
internal sealed record ExecutionEnd(bool Failed, string Worker, Payload Output);

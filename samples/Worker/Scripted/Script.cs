namespace Worker.Scripted;

/// <summary>A small program that the scripted workflow runs, so that anyone can try the engine from outside.</summary>
public sealed record Script(IReadOnlyList<ScriptCommand>? Commands);

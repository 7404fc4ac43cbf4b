namespace Worker.Scripted;

/// <summary>A failure that a script has asked for.</summary>
public sealed class ScriptedFailureException(string message) : Exception(message);

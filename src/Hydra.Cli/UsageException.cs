namespace Hydra.Cli;

/// <summary>The command was typed in a way that cannot be carried out; nothing was done.</summary>
internal sealed class UsageException(string message) : Exception(message);

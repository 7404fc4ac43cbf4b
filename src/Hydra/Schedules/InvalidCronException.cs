namespace Hydra;

/// <summary>A text is no cron expression.</summary>
public sealed class InvalidCronException : ArgumentException
{
    internal InvalidCronException(string expression, int position, string reason) : base(
        $"'{expression}' is no cron expression: {reason} (character {position + 1}).")
    {
        Expression = expression;
        Position = position;
    }

    /// <summary>The text.</summary>
    public string Expression { get; }

    /// <summary>Where in the text the fault begins, from 0; its length where something is missing.</summary>
    public int Position { get; }
}

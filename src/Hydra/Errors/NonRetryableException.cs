namespace Hydra;

/// <summary>Thrown by a step or a workflow: fails at once, whatever attempts are left.</summary>
public class NonRetryableException : Exception
{
    /// <summary>Fails for good with a message.</summary>
    /// <param name="message">What went wrong.</param>
    public NonRetryableException(string message) : base(message)
    {
    }

    /// <summary>Fails for good because of another exception.</summary>
    /// <param name="message">What went wrong.</param>
    /// <param name="inner">Why.</param>
    public NonRetryableException(string message, Exception? inner) : base(message, inner)
    {
    }
}

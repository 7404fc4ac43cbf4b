namespace Hydra;

/// <summary>The base of what can go wrong in the world outside the caller's code.</summary>
public abstract class HydraException : Exception
{
    private protected HydraException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}

using System.Text;

namespace Hydra.Relational.Errors;

/// <summary>Says of a database's errors what is known of their effect, what they mean and what to do.</summary>
internal abstract class StoreErrors
{
    /// <summary>Whether it is a matter of the database, and no caller's own mistake.</summary>
    public bool Knows(Exception exception) => TryTranslate(exception, Effect.None) is not null;

    /// <summary>Says of an error that is known what it means.</summary>
    public StoreException Translate(Exception exception, Effect effect) => TryTranslate(exception, effect)!;

    /// <summary>Whether the connection is over, and not because an answer took too long: a new one may help.</summary>
    public abstract bool IsLost(Exception exception);

    public static StoreException NotUnicode(Exception exception) => new(
        StoreErrorKind.Deterministic,
        "A key, name or other text holds half of a surrogate pair, so it is not Unicode. Nothing was written.",
        exception);

    /// <summary>The same for what the driver throws, the errors of the server too; null for all else.</summary>
    protected abstract StoreException? TryTranslateDriver(Exception exception, Effect effect);

    private StoreException? TryTranslate(Exception exception, Effect effect) => exception switch
    {
        StoreException known => known,
        EncoderFallbackException => NotUnicode(exception),
        ObjectDisposedException => new StoreException(
            StoreErrorKind.NotSent, "The store has been disposed. Nothing was written. Make a new one.", exception),
        _ => TryTranslateDriver(exception, effect),
    };
}

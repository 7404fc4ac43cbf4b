namespace Hydra.Relational.Enlisting;

/// <summary>Says of errors of bodies, wrapped in whatever, what is known of their transactions.</summary>
internal static class Fates
{
    /// <param name="error">The error.</param>
    /// <param name="judge">Judges what the driver throws; null for all else.</param>
    public static TransactionFate Judge(Exception? error, Func<Exception, TransactionFate?> judge)
    {
        for (; error is not null; error = error.InnerException)
        {
            if (judge(error) is { } fate)
            {
                return fate;
            }
        }

        return TransactionFate.Unknown;
    }
}

using Hydra.Storage;

namespace Hydra.Soak.Support;

/// <summary>Reads a database that may be away for a moment.</summary>
internal static class Patiently
{
    private const int Tries = 100; // A pool may hold as many connections that broke while nobody used them.

    /// <summary>Reads again when the database had not been reached.</summary>
    public static async Task<T> ReadAsync<T>(Func<Task<T>> read)
    {
        for (var left = Tries; ; left--)
        {
            try
            {
                return await read();
            }
            catch (StoreException e) when (e.Kind == StoreErrorKind.NotSent && left > 0)
            {
                // Nothing was lost but time.
            }
        }
    }
}

namespace Hydra.Testing;

/// <summary>Makes a sequence that fails shorter, while it still does.</summary>
internal static class Shrinking
{
    /// <summary>Leaves out as much as it can, in halves, quarters and so on down to single items.</summary>
    /// <param name="items">A sequence that fails.</param>
    /// <param name="shorter">
    /// Answers what of a shorter sequence is needed to fail, or null when it does not; then it is not asked again.
    /// </param>
    public static async Task<List<T>> ShrinkAsync<T>(List<T> items, Func<List<T>, Task<List<T>?>> shorter)
    {
        for (var size = items.Count / 2; size > 0; size /= 2)
        {
            for (var start = 0; start + size <= items.Count;)
            {
                if (await shorter([.. items[..start], .. items[(start + size)..]]) is { } failing)
                {
                    items = failing;
                }
                else
                {
                    start += size;
                }
            }
        }

        return items;
    }
}

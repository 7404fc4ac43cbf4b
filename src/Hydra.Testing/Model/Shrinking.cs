namespace Hydra.Testing;

/// <summary>Makes a sequence that fails shorter, while it still does.</summary>
internal static class Shrinking
{
    private const int MostInPairs = 16; // Of so few items there are a hundred pairs.

    /// <summary>
    /// Leaves out as much as it can, in halves, quarters and so on down to single items, then in pairs, and all over
    /// again until nothing can be left out: what was needed together with an item may not be without it.
    /// </summary>
    /// <remarks>
    /// Pairs, because details are drawn from what is there when an item is played: without one item alone the others
    /// may ask for something else, and without two of them for the same again.
    /// </remarks>
    /// <param name="items">A sequence that fails.</param>
    /// <param name="shorter">
    /// Answers what of a shorter sequence is needed to fail, or null when it does not.
    /// </param>
    public static async Task<List<T>> ShrinkAsync<T>(List<T> items, Func<List<T>, Task<List<T>?>> shorter)
    {
        int before;
        do
        {
            before = items.Count;
            for (var size = (items.Count + 1) / 2; size > 0; size /= 2)
            {
                items = await LeaveOutAsync(items, size, shorter);
            }

            if (items.Count == before && before <= MostInPairs)
            {
                items = await LeaveOutPairAsync(items, shorter);
            }
        }
        while (items.Count < before);

        return items;
    }

    private static async Task<List<T>> LeaveOutPairAsync<T>(List<T> items, Func<List<T>, Task<List<T>?>> shorter)
    {
        for (var one = 0; one < items.Count; one++)
        {
            for (var other = one + 1; other < items.Count; other++)
            {
                var left = items.Where((_, index) => index != one && index != other).ToList();
                if (await shorter(left) is { } failing)
                {
                    return failing;
                }
            }
        }

        return items;
    }

    private static async Task<List<T>> LeaveOutAsync<T>(
        List<T> items, int size, Func<List<T>, Task<List<T>?>> shorter)
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

        return items;
    }
}

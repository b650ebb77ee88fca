// Writes shared/features/java-regex/char-tables.ts: what the JDK that runs this knows of each code point.
// Run with JDK 17: java test/features/java/MakeTables.java > shared/features/java-regex/char-tables.ts
import java.util.*;
import java.util.function.IntPredicate;

public class MakeTables {
  static final String[] CATEGORY = new String[31];
  static {
    Object[][] names = {
      {Character.UNASSIGNED, "Cn"}, {Character.UPPERCASE_LETTER, "Lu"}, {Character.LOWERCASE_LETTER, "Ll"},
      {Character.TITLECASE_LETTER, "Lt"}, {Character.MODIFIER_LETTER, "Lm"}, {Character.OTHER_LETTER, "Lo"},
      {Character.NON_SPACING_MARK, "Mn"}, {Character.ENCLOSING_MARK, "Me"}, {Character.COMBINING_SPACING_MARK, "Mc"},
      {Character.DECIMAL_DIGIT_NUMBER, "Nd"}, {Character.LETTER_NUMBER, "Nl"}, {Character.OTHER_NUMBER, "No"},
      {Character.SPACE_SEPARATOR, "Zs"}, {Character.LINE_SEPARATOR, "Zl"}, {Character.PARAGRAPH_SEPARATOR, "Zp"},
      {Character.CONTROL, "Cc"}, {Character.FORMAT, "Cf"}, {Character.PRIVATE_USE, "Co"}, {Character.SURROGATE, "Cs"},
      {Character.DASH_PUNCTUATION, "Pd"}, {Character.START_PUNCTUATION, "Ps"}, {Character.END_PUNCTUATION, "Pe"},
      {Character.CONNECTOR_PUNCTUATION, "Pc"}, {Character.OTHER_PUNCTUATION, "Po"},
      {Character.INITIAL_QUOTE_PUNCTUATION, "Pi"}, {Character.FINAL_QUOTE_PUNCTUATION, "Pf"},
      {Character.MATH_SYMBOL, "Sm"}, {Character.CURRENCY_SYMBOL, "Sc"}, {Character.MODIFIER_SYMBOL, "Sk"},
      {Character.OTHER_SYMBOL, "So"}};
    for (Object[] name : names) CATEGORY[(Byte) name[0]] = (String) name[1];
  }

  static String n(int value) { return Integer.toString(value, 36); }

  /** Ranges as "gap length" pairs in base 36. */
  static String ranges(IntPredicate has) {
    StringJoiner out = new StringJoiner(" ");
    int end = 0;
    for (int c = 0; c <= 0x10FFFF; ) {
      if (!has.test(c)) { c++; continue; }
      int from = c;
      while (c <= 0x10FFFF && has.test(c)) c++;
      out.add(n(from - end)).add(n(c - from));
      end = c;
    }
    return out.toString();
  }

  static void export(String doc, String name, String value) {
    System.out.println("\n/** " + doc + " */\nexport const " + name + " =\n  '" + value + "';");
  }

  public static void main(String[] args) {
    System.out.println("// What Java knows of each code point. Made by test/features/java/MakeTables.java; do not edit.");
    System.out.println("\nexport const JAVA_VERSION = '" + System.getProperty("java.version") + "';");
    StringBuilder runs = new StringBuilder();
    for (int c = 0; c <= 0x10FFFF; ) {
      int from = c, type = Character.getType(c);
      while (c <= 0x10FFFF && Character.getType(c) == type) c++;
      runs.append(CATEGORY[type]).append(n(c - from));
    }
    export("General categories as runs from U+0000: name, length in base 36.", "CATEGORY_RUNS", runs.toString());
    Map<String, List<Integer>> scripts = new TreeMap<>();
    for (int c = 0; c <= 0x10FFFF; c++) scripts.computeIfAbsent(Character.UnicodeScript.of(c).name(), k -> new ArrayList<>()).add(c);
    StringJoiner all = new StringJoiner(",");
    scripts.forEach((name, points) -> {
      if (name.equals("UNKNOWN")) return; // the rest
      BitSet set = new BitSet();
      for (int c : points) set.set(c);
      all.add(name + ":" + ranges(set::get));
    });
    export("Scripts: name, then gaps and lengths of its ranges in base 36; UNKNOWN is what is left.", "SCRIPTS", all.toString());
    StringJoiner aliases = new StringJoiner(",");
    for (int a = 0; a < 26 * 26 * 26 * 26; a++) {
      String code = "" + (char) ('A' + a / 17576) + (char) ('A' + a / 676 % 26) + (char) ('A' + a / 26 % 26) + (char) ('A' + a % 26);
      try { Character.UnicodeScript script = Character.UnicodeScript.forName(code); if (scripts.containsKey(script.name()) && !script.name().equals(code)) aliases.add(code + ":" + script.name()); }
      catch (IllegalArgumentException none) { }
    }
    export("Four-letter codes of scripts.", "SCRIPT_CODES", aliases.toString());
    StringJoiner blocks = new StringJoiner(",");
    for (int c = 0; c <= 0x10FFFF; ) {
      int from = c;
      Character.UnicodeBlock block = Character.UnicodeBlock.of(c);
      while (c <= 0x10FFFF && Character.UnicodeBlock.of(c) == block) c++;
      if (block != null) blocks.add(block + ":" + n(from) + " " + n(c - from));
    }
    export("Blocks: name, first code point and length in base 36.", "BLOCKS", blocks.toString());
    export("Alphabetic beyond L and Nl.", "OTHER_ALPHABETIC", ranges(c -> Character.isAlphabetic(c) && !Character.isLetter(c) && Character.getType(c) != Character.LETTER_NUMBER));
    export("Lower case beyond Ll.", "OTHER_LOWERCASE", ranges(c -> Character.isLowerCase(c) && Character.getType(c) != Character.LOWERCASE_LETTER));
    export("Upper case beyond Lu.", "OTHER_UPPERCASE", ranges(c -> Character.isUpperCase(c) && Character.getType(c) != Character.UPPERCASE_LETTER));
    export("Ideographic.", "IDEOGRAPHIC", ranges(Character::isIdeographic));
  }
}

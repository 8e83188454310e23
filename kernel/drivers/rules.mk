# SPDX-License-Identifier: ISC
# The screen's fonts as C: glyph bitmaps and the map from characters to glyphs.

GENERATED += $(GEN)/font_8x16.h $(GEN)/font_16x32.h

$(GEN)/font_%.h: $(GEN)/font%.psf kernel/drivers/mkfont.py
	@mkdir -p $(@D)
	$(Q)$(PYTHON) kernel/drivers/mkfont.py font_$* $< $@
